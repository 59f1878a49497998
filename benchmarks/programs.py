"""Whole processes: what a program takes from its start to its end, imports and all."""

from __future__ import annotations

import compileall
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.peers.cold import OFFERS_CURL, Program
from benchmarks.peers.model import IN_FLIGHT, KEY, NotThere, message
from benchmarks.rounds import SECONDS, Runner, environment, need
from benchmarks.servers import serve_mock
from benchmarks.target import ROOT, Place

SCRIPTS = Path(sys.executable).parent
_STARTS = 9


def program_runners(programs: Sequence[Program], place: Place) -> dict[str, Runner]:
    """Return a runner for each program: CPU seconds of its process.

    Before the first round each runs once, unmeasured: bytecode is compiled then, and what it keeps
    of a WSDL is kept.
    """
    for package in ("smsbridge", "wsdl"):
        compileall.compile_dir(ROOT / package, quiet=2)
    ready: set[str] = set()

    def runner(program: Program) -> Runner:
        arguments = program.arguments(place, SCRIPTS)

        def run() -> float:
            need(program.packages)
            if program.name not in ready:
                if program.offers:
                    need_source(program.offers, place)
                run_measured([sys.executable, *arguments], environment(place))
                ready.add(program.name)
            return run_measured([sys.executable, *arguments], environment(place))[0]

        return run

    return {program.name: runner(program) for program in programs}


def python_start() -> float:
    """Return the CPU seconds in which Python starts here: the median of some starts."""
    command = [sys.executable, "-c", "pass"]
    return median(run_measured(command, environment(Place(url="")))[0] for _ in range(_STARTS))


def need_source(source: str, place: Place) -> None:
    """Raise `NotThere`, with the last line of what it said, unless a program ends well."""
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-c", source],
        cwd=ROOT,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1].partition(": ")[2].partition(";")[0]
        raise NotThere(f"not there yet: {said}")


def run_measured(
    command: Sequence[str], environ: dict[str, str], cwd: Path = ROOT
) -> tuple[float, float]:
    """Run a command, and return the CPU and the wall-clock seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603  (our own programs)
        command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.strip() or done.returncode}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


_WAYS = {"smsbridge": {}, "smsbridge, fast": {"transport": "curl"}}


def bulk_runners(place: Place | None, count: int) -> dict[str, Runner]:
    """Return runners of ``smsbridge send-many``, with its journal, for a CSV of ``count``.

    To a place it is the CPU seconds for each message; without one, it is the seconds on the clock
    for all of them, to ``smsbridge mock``.
    """

    def runner(more: dict[str, str]) -> Runner:
        def run() -> float:
            if more:
                need(("pycurl",))
                need_source(OFFERS_CURL, place or Place(url=""))
            with tempfile.TemporaryDirectory(prefix="smsbridge-bench-") as named:
                folder = Path(named)
                if place:
                    cpu, _ = _send_file(folder, count, place.url, KEY, more)
                    return cpu / count
                with serve_mock(folder) as mock:
                    return _send_file(folder, count, mock.url, mock.key, more)[1]

        return run

    return {name: runner(more) for name, more in _WAYS.items()}


def _send_file(
    folder: Path, count: int, url: str, key: str, more: dict[str, str]
) -> tuple[float, float]:
    rows = (f"{','.join(message(number))},m-{number}\n" for number in range(count))
    (folder / "in.csv").write_text(f"recipient,text,reference\n{''.join(rows)}", encoding="utf-8")
    keys = {"backend": "smsmobileapi", "api_key": key, "url": url, **more}
    lines = "\n".join(f'{name} = "{value}"' for name, value in keys.items())
    (folder / "smsbridge.toml").write_text(f"[backends.bench]\n{lines}\n", encoding="utf-8")
    command = (SCRIPTS / "smsbridge", "send-many", "in.csv", "--out", "out.jsonl")
    return run_measured(
        [sys.executable, *map(str, command), "--concurrency", str(IN_FLIGHT)],
        environment(Place(url=url)),
        folder,
    )
