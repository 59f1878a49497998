"""Rounds: every runner in turn, in a fresh process each time, and the median of what it took.

A machine that is loaded slows all of them alike, so what counts is the ratio of two medians of one
run, never a time.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version

from benchmarks.peers.model import Kind, NotThere
from benchmarks.target import ROOT, Place

Runner = Callable[[], float]
"""Runs once, and returns what it took."""
FEWEST = 5
"""Rounds: with fewer, a median says little."""
SECONDS = 3600
"""Longer than that no process may take."""
_FEW = 1000
_ALTERS = re.compile(r"_proxy$|^SMSBRIDGE_|^PYTHON(?!PATH$)", re.IGNORECASE)


@dataclass(kw_only=True)
class Taken:
    """What a runner took in each round, or why there is nothing."""

    samples: list[float] = field(default_factory=list)
    reason: str = ""

    @property
    def median(self) -> float | None:
        """The median of its rounds, None if there is none."""
        return statistics.median(self.samples) if self.samples else None


def take_turns(
    runners: Mapping[str, Runner], rounds: int, tell: Callable[[str], None]
) -> dict[str, Taken]:
    """Run each in turn, another first in each round; one that isn't there is asked only once."""
    taken = {name: Taken() for name in runners}
    names = list(runners)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            if taken[name].reason:
                continue
            tell(f"round {number + 1} of {rounds}: {name}")
            try:
                taken[name].samples.append(runners[name]())
            except NotThere as error:
                taken[name].reason = str(error)
    return taken


def send_runners(group: str, kinds: Sequence[Kind], place: Place, count: int) -> dict[str, Runner]:
    """Return a runner for each peer: CPU seconds for each send, in a process of its own."""

    def runner(kind: Kind) -> Runner:
        return lambda: measure(group, kind, place, max(1, count // kind.share))["cpu"]

    return {kind.name: runner(kind) for kind in kinds}


def memory_runners(kinds: Sequence[Kind], place: Place, count: int) -> dict[str, Runner]:
    """Return two runners for each of our ways to send many: the most bytes of its process."""

    def runner(kind: Kind, number: int) -> Runner:
        return lambda: measure("many", kind, place, number)["memory"]

    return {
        f"{kind.name}, {name}": runner(kind, number)
        for kind in kinds
        if kind.name.startswith("smsbridge")
        for name, number in ((f"{_FEW:,}", _FEW), ("many", count))
    }


def measure(group: str, kind: Kind, place: Place, count: int) -> dict[str, float]:
    """Let a peer send in a process of its own, and return what it took."""
    found = json.loads(run_python(_child(group, kind, place, count), place))
    if reason := found.get("not_there"):
        raise NotThere(reason)
    return dict(found)


def profile(group: str, kind: Kind, place: Place, count: int) -> str:
    """Return a profile of a peer, in words; raises `NotThere` as `measure` does."""
    return run_python([*_child(group, kind, place, count), "profile"], place)


def _child(group: str, kind: Kind, place: Place, count: int) -> list[str]:
    need(kind.packages)
    place_as_json = json.dumps(asdict(place))
    return ["-m", "benchmarks.child", group, kind.name, place_as_json, str(count)]


def need(packages: Sequence[str]) -> None:
    """Raise `NotThere`, with what to install, unless all of these packages are installed."""
    for package in packages:
        try:
            version(package)
        except PackageNotFoundError:
            raise NotThere(f"not installed: pip install {package}") from None


def run_python(arguments: Sequence[str], place: Place) -> str:
    """Run Python with these arguments, and return what it printed."""
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def environment(place: Place) -> dict[str, str]:
    """Return our environment without what changes a measurement, with the issuers of the target.

    Proxies, our own config, and Python's switches (one of them keeps bytecode from being written)
    are left out; what is kept of a WSDL goes to a folder of the benchmark's.
    """
    kept = {name: value for name, value in os.environ.items() if not _ALTERS.search(name)}
    kept["XDG_CACHE_HOME"] = str(ROOT / "build" / "benchmarks" / "cache")
    if place.ca:  # for those that have no argument for it
        kept |= {"REQUESTS_CA_BUNDLE": place.ca, "SSL_CERT_FILE": place.ca}
    return kept
