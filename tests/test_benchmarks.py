"""The benchmark measures what it says. That anything is quick is asserted nowhere."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from support.each import each
from support.tools import need

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))  # at its end: smsbridge stays the one that is installed

from benchmarks import __main__ as command  # noqa: E402  (the line above)
from benchmarks import child, rounds, servers  # noqa: E402  (the same)
from benchmarks.peers import KINDS  # noqa: E402  (the same)
from benchmarks.peers.model import Kind, NotThere, Send, in_turn, next_fields  # noqa: E402  (the same)
from benchmarks.plot import plot  # noqa: E402  (the same)
from benchmarks.rows import BENCHMARKS  # noqa: E402  (the same)
from benchmarks.table import TOO_SHORT, Goal, Measure, goal_rows, markdown, peer_rows, record  # noqa: E402  (the same)
from benchmarks.target import MissingServer, Place, Target, serve  # noqa: E402  (the same)
from benchmarks.twice import twice_runners  # noqa: E402  (the same)

NOWHERE = Place(url="http://127.0.0.1:1")
TAKEN = {
    "ours": rounds.Taken(samples=[0.003, 0.001, 0.002]),
    "theirs": rounds.Taken(samples=[0.004]),
    "others'": rounds.Taken(reason="not installed: pip install others"),
}
RECORD = record(
    title="A send",
    unit="ms of CPU",
    base="theirs",
    rounds=5,
    count=7,
    versions={"Python": "3"},
    taken=TAKEN,
    scale=1000,
    pace=30.0,
)


def test_runners_take_turns_and_another_one_begins_each_round() -> None:
    order: list[str] = []

    def runner(name: str) -> rounds.Runner:
        def run() -> float:
            order.append(name)
            return float(len(order))

        return run

    taken = rounds.take_turns({name: runner(name) for name in "abc"}, 3, lambda _: None)
    assert "".join(order) == "abcbcacab"
    assert taken["a"].samples == [1.0, 6.0, 8.0]
    assert taken["a"].median == 6.0


def test_what_is_not_there_is_asked_once_and_says_why() -> None:
    asked = []

    def missing() -> float:
        asked.append(1)
        raise NotThere("not installed: pip install it")

    taken = rounds.take_turns({"it": missing}, 5, lambda _: None)
    assert (taken["it"].reason, taken["it"].median, len(asked)) == (
        "not installed: pip install it",
        None,
        1,
    )


def test_a_package_that_is_missing_is_named() -> None:
    kind = Kind(name="it", run=KINDS["own"][0].run, packages=("requests", "no-package-of-anybody"))
    runners = rounds.send_runners("own", [kind], NOWHERE, 1)
    with pytest.raises(NotThere, match="pip install no-package-of-anybody"):
        runners["it"]()


def test_without_nginx_it_says_what_to_install() -> None:
    with pytest.raises(MissingServer, match="apt-get install nginx"), serve(path=""):
        pass


@each(
    ("measure", "goal", "value", "reached"),
    [
        (Measure.RATIO, 0.5, 0.5, True),
        (Measure.RATIO, 0.4, 0.5, False),
        (Measure.TIMES_BETTER, 2, 2.0, True),
        (Measure.TIMES_BETTER, 3, 2.0, False),
        (Measure.ABOVE, -1, -2.0, True),
        (Measure.ALONE, 1, 2.0, False),
    ],
)
def test_a_goal_compares_two_medians(
    measure: Measure, goal: float, value: float, *, reached: bool
) -> None:
    compared = Goal(title="it", ours="a", versus="b", goal=goal, measure=measure)
    assert compared.value({"a": 2.0, "b": 4.0}) == value
    assert compared.reached(value) is reached
    assert compared.value({"a": None, "b": 4.0}) is None


def test_a_table_has_each_goal_with_what_was_measured_or_why_not() -> None:
    goals = [
        Goal(title="first", ours="ours", versus="theirs", goal=0.65, before="1.2", llhttp="0.3"),
        Goal(title="second", ours="ours", versus="theirs", goal=0.25, why="a lock"),
        Goal(title="third", ours="ours", versus="others'", goal=2),
        Goal(title="fourth", ours="ours", goal=1.5, measure=Measure.ALONE),
    ]
    assert list(goal_rows({"it": RECORD}, {"it": goals, "not run": goals}))[1:] == [
        ("it", "first", "1.2", "≤ 0.65", "0.5", "reached", "0.3"),
        ("it", "second", "-", "≤ 0.25", "0.5", "behind: a lock", "-"),
        ("it", "third", "-", "≤ 2", "not there", "not installed: pip install others", "-"),
        ("it", "fourth", "-", "≤ 1.5 ms", "1 ms (2 ms here)", "reached", "-"),
    ]


def test_what_took_less_than_the_clock_can_tell_has_no_median() -> None:
    taken = {"ours": rounds.Taken(samples=[0.0]), "theirs": rounds.Taken(samples=[0.004])}
    found = record(
        title="A send",
        unit="ms of CPU",
        base="ours",
        rounds=1,
        count=2,
        versions={},
        taken=taken,
        scale=1000,
        pace=30.0,
    )
    goals = [Goal(title="it", ours="ours", versus="theirs", goal=2, measure=Measure.TIMES_BETTER)]
    ((*_, measured, said, _),) = list(goal_rows({"it": found}, {"it": goals}))[1:]
    assert (measured, said) == ("not there", TOO_SHORT)
    assert list(peer_rows(found))[1:] == [("theirs", "4"), ("ours", TOO_SHORT)]


def test_peers_are_multiples_of_one_of_them_the_quickest_first() -> None:
    assert markdown(peer_rows(RECORD)).splitlines() == [
        "| A send (5 rounds of 7) | \N{MULTIPLICATION SIGN} theirs |",
        "| --- | --- |",
        "| ours | 0.5 |",
        "| theirs | 1 |",
        "| others' | not installed: pip install others |",
    ]


def test_a_plot_names_whom_it_compares() -> None:
    svg = ET.fromstring(plot([RECORD]))
    said = [text.text for text in svg.iter() if text.tag.endswith("text")]
    assert {"A send", "ours", "theirs", "0.5"} <= set(said)
    assert "others'" not in said


def test_every_goal_is_of_runners_that_there_are() -> None:
    for benchmark in BENCHMARKS.values():
        known = benchmark.runners(_target(), 1).keys()
        for goal in benchmark.goals:
            assert {goal.ours, *filter(None, [goal.versus])} <= known
        assert {benchmark.base} - {""} <= known


def _target() -> Target:
    return Target(plain=NOWHERE, tls=NOWHERE, version="1")


def test_a_child_measures_its_sends(capsys: pytest.CaptureFixture[str]) -> None:
    place = json.dumps({"url": NOWHERE.url})
    child.main("own", "REST", place, 3)
    assert json.loads(capsys.readouterr().out).keys() == {"cpu", "wall", "memory"}


def test_a_client_that_repeats_is_seen() -> None:
    def repeating(place: Place, tries: int = 2) -> Iterator[Send]:
        kept = http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)

        def send() -> None:
            for _ in range(tries):
                with suppress(OSError, http.client.HTTPException):
                    kept.request("POST", "/sendsms/", urlencode(next_fields()))
                    kept.getresponse().read()
                    return
                kept.close()

        yield in_turn(send)
        kept.close()

    def once(place: Place) -> Iterator[Send]:
        return repeating(place, tries=1)

    found = twice_runners([Kind(name="retry loop", run=repeating), Kind(name="once", run=once)])
    assert {name: runner() for name, runner in found.items()} == {"retry loop": 2, "once": 1}


def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["rset"])
    assert "there is no 'rset': rest, tls," in capsys.readouterr().err


@pytest.mark.full
def test_every_benchmark_runs(tmp_path: Path) -> None:
    need("nginx", "nginx")
    results, drawn = tmp_path / "results.json", tmp_path / "results.svg"
    said = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "all", "--rounds", "1", "--count", "2"),
            *("--json", str(results), "--svg", str(drawn)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    found = json.loads(results.read_text(encoding="utf-8"))
    assert found.keys() == BENCHMARKS.keys()
    for one in found.values():
        for name, taken in one["taken"].items():
            reason = taken.get("reason", "")
            assert (
                "median" in taken
                or "not installed" in reason
                or "fast" in name
                or (reason == TOO_SHORT)
            )
    assert "only 1 of at least 5 rounds" in said.stdout
    assert ET.parse(drawn).getroot().tag.endswith("svg")


@pytest.mark.full
def test_cpu_is_that_of_all_processes_of_a_server() -> None:
    (ours,) = (server for server in servers.SERVERS if server.name == "smsbridge mock")
    with servers.serve(ours) as (process, port):
        before = servers.cpu_of_session(process)
        servers.load(port, [servers.request_body(0)], 100)
        assert servers.cpu_of_session(process) > before


@pytest.mark.full
def test_the_benchmark_of_the_bridge_loses_and_doubles_nothing() -> None:
    asked = ["bridge", "--seconds", "2", "--rate", "20", "--soap-rate", "10"]
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks", *asked],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    kinds = [line.partition(":")[0] for line in said.stdout.splitlines()]
    assert kinds[:3] == ["the disk", "REST door", "SOAP door"]
    assert said.stdout.count(" 0 failed") == 2
