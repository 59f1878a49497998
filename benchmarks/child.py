"""One peer in a process of its own: it warms up, then the CPU time of its sends is taken.

    python -m benchmarks.child GROUP PEER PLACE COUNT [profile]

CPU time is that of the whole process, all threads, user and system; start-up and warm-up are left
out. What comes of it is one line of JSON; with the word ``profile``, it is a profile.
"""

# ruff: noqa: T201  (its output is its result)

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import KINDS
from benchmarks.peers.model import NotThere, Send
from benchmarks.target import Place

WARM_UP = 20
"""The first sends in each hundred that is measured, which are not."""


_LINES = 15


def main(group: str, name: str, place: str, count: int, *, profile: bool = False) -> None:
    """Measure a peer, and print what it took."""
    (kind,) = (kind for kind in KINDS[group] if kind.name == name)
    try:
        with contextmanager(kind.run)(Place(**json.loads(place))) as send:
            send(max(1, count * WARM_UP // 100))
            if profile:
                _print_profile(send, count)
                return
            began, cpu = time.perf_counter(), time.process_time()
            send(count)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    except NotThere as error:
        print(json.dumps({"not_there": str(error)}))
        return
    print(json.dumps({"cpu": cpu / count, "wall": wall / count, "memory": _most_memory()}))


def _print_profile(send: Send, count: int) -> None:
    """Print the functions that take most by themselves, in the thread that calls."""
    taken = cProfile.Profile()
    taken.runcall(send, count)
    pstats.Stats(taken).strip_dirs().sort_stats("tottime").print_stats(_LINES)


def _most_memory() -> int:
    """Return the most bytes that this process had, since it was this program (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    group_, name_, place_, count_, *more = sys.argv[1:]
    main(group_, name_, place_, int(count_), profile=more == ["profile"])
