"""The benchmarks: who is compared, in what unit, and what is to be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.peers import KINDS, cold
from benchmarks.programs import bulk_runners, program_runners
from benchmarks.rounds import Runner, memory_runners, send_runners
from benchmarks.servers import server_runners
from benchmarks.table import Goal, Measure
from benchmarks.target import Target
from benchmarks.twice import twice_runners

FLAT = 1.25
"""What is no more than so many times as much is called flat."""
_SEND = "µs of CPU a send"
_PROCESS = "ms of CPU"
_MICRO, _MILLI = 1e6, 1e3


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A group of runners that are run in turns.

    ``unit`` and ``scale``: what seconds become. ``base``: whom the others are shown as multiples
    of. ``group``: of `KINDS`, if it is made of sends, which can be profiled. ``most_rounds``: for
    what doesn't vary.
    """

    title: str
    unit: str = _SEND
    scale: float = _MICRO
    base: str = ""
    count: int = 1
    runners: Callable[[Target, int], dict[str, Runner]]
    group: str = ""
    goals: Sequence[Goal] = ()
    most_rounds: int | None = None


def _sends(group: str, *, tls: bool = False) -> Callable[[Target, int], dict[str, Runner]]:
    def runners(target: Target, count: int) -> dict[str, Runner]:
        return send_runners(group, KINDS[group], target.tls if tls else target.plain, count)

    return runners


def _programs(name: str) -> Callable[[Target, int], dict[str, Runner]]:
    return lambda target, _: program_runners(cold.PROGRAMS[name], target.plain)


BENCHMARKS = {
    "rest": Benchmark(
        title="REST, one after the other, kept alive",
        base="raw socket",
        count=2000,
        group="rest",
        runners=_sends("rest"),
        goals=(
            Goal(
                title="REST, default transport, kept alive, vs requests.Session",
                ours="smsbridge",
                versus="requests.Session",
                llhttp="0.29",
                goal=0.65,
                before="1.14 to 1.35",
            ),
            Goal(
                title="REST with the extra `fast`, vs requests.Session",
                ours="smsbridge, fast",
                versus="requests.Session",
                goal=0.35,
            ),
            Goal(
                title="the same, vs bare pycurl",
                ours="smsbridge, fast",
                versus="pycurl",
                goal=1.8,
                why=(
                    "tables, masks, judging and the reading of answers are Python, and pycurl "
                    "has none of them"
                ),
            ),
        ),
    ),
    "tls": Benchmark(
        title="REST over TLS, one after the other, kept alive",
        base="raw socket",
        count=1000,
        group="rest",
        runners=_sends("rest", tls=True),
        goals=(
            Goal(
                title="REST over TLS, default transport, vs requests.Session",
                ours="smsbridge",
                versus="requests.Session",
                goal=0.65,
                before="1.39",
            ),
        ),
    ),
    "oauth": Benchmark(
        title="REST with OAuth2, the token kept",
        base="requests.Session",
        count=1000,
        group="token",
        runners=_sends("token"),
        goals=(
            Goal(
                title="OAuth2 with a kept token, vs requests.Session",
                ours="smsbridge",
                versus="requests.Session",
                goal=0.65,
                before="1.39",
            ),
        ),
    ),
    "send-many": Benchmark(
        title="64 in flight",
        base="raw asyncio",
        count=4000,
        group="many",
        runners=_sends("many"),
        goals=(
            Goal(
                title="`send_many`, 64 in flight, with the extra `async`, vs bare aiohttp",
                ours="smsbridge, async",
                versus="aiohttp",
                llhttp="1.0 to 1.2",
                goal=1.5,
                before="18 to 22",
            ),
            Goal(
                title="`send_many`, 64 in flight, no extra, vs threads with requests.Session",
                ours="smsbridge, threads",
                versus="threads, requests.Session",
                goal=0.7,
                before="2.0",
            ),
            Goal(
                title="`send_many`, 64 in flight, extra `fast`, vs bare pycurl multi",
                ours="smsbridge, fast",
                versus="pycurl multi",
                llhttp="4.3 to 5.4",
                goal=2.5,
                why=(
                    "the table and the judging take 160 µs, libcurl's callbacks into Python and "
                    "the reading of answers 110 µs; pycurl multi alone takes 50 µs"
                ),
                before="76 to 110",
            ),
        ),
    ),
    "async": Benchmark(
        title="AsyncClient, so many in flight",
        base="aiohttp, 64",
        count=5000,
        group="awaited",
        runners=_sends("awaited"),
        goals=(
            *(
                Goal(
                    title=f"AsyncClient, {in_flight} in flight, vs bare aiohttp",
                    ours=f"smsbridge.AsyncClient, {in_flight}",
                    versus=f"aiohttp, {in_flight}",
                    goal=1.3,
                    before="2.8 to 3.4",
                    llhttp="0.85 to 0.9" if in_flight == "64" else "-",
                )
                for in_flight in ("64", "1,000")
            ),
            Goal(
                title="AsyncClient, 1,000 in flight, vs 1: flat",
                ours="smsbridge.AsyncClient, 1,000",
                versus="smsbridge.AsyncClient, 1",
                goal=FLAT,
            ),
        ),
    ),
    "soap": Benchmark(
        title="SOAP, one after the other",
        base="raw socket, lxml",
        count=1000,
        group="soap",
        runners=_sends("soap"),
        goals=(
            Goal(
                title="SOAP vs zeep, default",
                ours="smsbridge",
                versus="zeep",
                llhttp="0.38",
                goal=0.6,
                before="1.04 to 1.33",
            ),
            Goal(title="SOAP vs zeep, `fast`", ours="smsbridge, fast", versus="zeep", goal=0.4),
        ),
    ),
    "import": Benchmark(
        title="Imports, the whole process",
        unit=_PROCESS,
        scale=_MILLI,
        runners=_programs("import"),
        goals=(
            Goal(
                title="`import smsbridge`, CPU above bare Python",
                ours="import smsbridge",
                versus="bare Python",
                goal=15,
                before="150 ms",
                measure=Measure.ABOVE,
            ),
        ),
    ),
    "version": Benchmark(
        title="What a command takes to say something about itself",
        unit=_PROCESS,
        scale=_MILLI,
        runners=_programs("version"),
        goals=(
            Goal(
                title="`smsbridge --version`",
                ours="smsbridge --version",
                goal=80,
                before="174 ms",
                measure=Measure.ALONE,
            ),
        ),
    ),
    "cold-rest": Benchmark(
        title="A cold process to its first answer, REST",
        unit=_PROCESS,
        scale=_MILLI,
        runners=_programs("cold-rest"),
        goals=(
            Goal(
                title="cold process to first answer, REST, vs requests",
                ours="smsbridge",
                versus="requests",
                goal=1.2,
                why=(
                    "requests is imported too, for its connections; then 80 % of the rest are "
                    "imports, a third of these dataclasses, which Python makes anew in each "
                    "process"
                ),
                before="2.1",
            ),
            Goal(
                title="the same, `fast`",
                ours="smsbridge, fast",
                versus="requests",
                goal=0.95,
                why="80 % are imports, a third of these dataclasses",
            ),
        ),
    ),
    "cold-soap": Benchmark(
        title="A cold process to its first answer, SOAP, the WSDL seen before",
        unit=_PROCESS,
        scale=_MILLI,
        runners=_programs("cold-soap"),
        goals=(
            Goal(
                title="cold process to first answer, SOAP, WSDL seen before, vs zeep",
                ours="smsbridge",
                versus="zeep",
                goal=0.7,
                why="as with REST; the WSDL itself takes next to nothing",
                before="1.5",
            ),
        ),
    ),
    "mock": Benchmark(
        title="Mock servers, 16 clients, 10 fixtures",
        unit="µs of CPU a request",
        base="pytest-httpserver",
        count=2000,
        runners=lambda _, count: server_runners(count),
        goals=(
            Goal(
                title="mock, 16 clients, vs pytest-httpserver",
                ours="smsbridge mock",
                versus="pytest-httpserver",
                goal=3,
                why=(
                    "two thirds go into reading a request by meaning, judging it as its client "
                    "will, and keeping it for the verdict"
                ),
                before="0.38",
                measure=Measure.TIMES_BETTER,
            ),
            Goal(
                title="mock, 1,000 fixtures vs 10: flat",
                ours="smsbridge mock, 1,000 fixtures",
                versus="smsbridge mock",
                goal=FLAT,
            ),
        ),
    ),
    "fake": Benchmark(
        title="Mocks in the test's own process, with their client",
        base="responses",
        count=1000,
        group="fake",
        runners=_sends("fake"),
    ),
    "bulk": Benchmark(
        title="`send-many` from a CSV to the mock, journal and fsyncs on",
        unit="s on the clock",
        scale=1,
        count=10_000,
        runners=lambda _, count: bulk_runners(None, count),
        goals=(
            Goal(
                title="`send-many`, 10,000 from CSV to the mock, journal and fsyncs on",
                ours="smsbridge",
                goal=4,
                before="23 to 30 s",
                why="the mock is the slower of the two, and they share the cores",
                measure=Measure.ALONE,
            ),
        ),
    ),
    "bulk-cpu": Benchmark(
        title="`send-many` from a CSV to nginx, journal and fsyncs on",
        unit="ms of CPU a message",
        scale=_MILLI,
        count=10_000,
        runners=lambda target, count: bulk_runners(target.plain, count),
        goals=(
            Goal(
                title="`send-many`, CPU a message to nginx",
                ours="smsbridge",
                goal=0.25,
                why="near it; a quarter of it is the system's part of fsync and write",
                measure=Measure.ALONE,
            ),
        ),
    ),
    "memory": Benchmark(
        title="Memory of `send_many`, 1,000 messages and many",
        unit="MB at most",
        scale=1e-6,
        count=100_000,
        runners=lambda target, count: memory_runners(KINDS["many"], target.plain, count),
        most_rounds=1,
        goals=(
            Goal(
                title="memory of `send_many`, many messages",
                ours="smsbridge, async, many",
                goal=60,
                before="43 to 66 MB",
                measure=Measure.ALONE,
            ),
            Goal(
                title="memory of `send_many`, many messages vs 1,000: flat",
                ours="smsbridge, async, many",
                versus="smsbridge, async, 1,000",
                goal=FLAT,
            ),
        ),
    ),
    "twice": Benchmark(
        title="How often a provider gets a message, if it takes it and then breaks the connection",
        unit="times",
        scale=1,
        runners=lambda *_: twice_runners(),
        most_rounds=1,
        goals=tuple(
            Goal(title=title, ours=ours, goal=1, measure=Measure.ALONE)
            for title, ours in (
                ("a message whose connection breaks, default", "smsbridge"),
                ("the same, `fast`", "smsbridge, fast"),
            )
        ),
    ),
    "own": Benchmark(
        title="Our own part of a send, no I/O",
        count=5000,
        group="own",
        runners=_sends("own"),
        goals=(
            Goal(
                title="our own part of a send over REST, no I/O",
                ours="REST",
                goal=45,
                why=(
                    "sixteen fields with choices, the attempt, its fingerprint and the judging, "
                    "a few µs each"
                ),
                before="231 to 261 µs",
                measure=Measure.ALONE,
            ),
            Goal(
                title="our own part of a send over SOAP, no I/O",
                ours="SOAP",
                goal=110,
                why="most of it reads and judges the answer, by libxml2 and then by the table",
                before="360 µs",
                measure=Measure.ALONE,
            ),
        ),
    ),
}
"""By the names that ``python -m benchmarks`` takes, in the order of the table."""
