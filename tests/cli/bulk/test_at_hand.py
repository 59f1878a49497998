"""What a run has at hand goes by one request where the table takes several recipients."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from operator import length_hint
from pathlib import Path

import pytest

from smsbridge.cli.bulk.at_hand import AtHand

from support.blocks import SEND_TO_EACH
from support.commands import SECONDS, SMSBRIDGE, killed_when_late, run
from support.fault_server import FaultServer, Got, answer

CSV, OUT = "messages.csv", "results.jsonl"
COMMAND = ("send-many", CSV, "--out", OUT, "--concurrency", "10")


def test_it_yields_what_a_generator_does_and_says_how_many_are_left() -> None:
    left = [3, 2, 1]
    items = AtHand((left.pop() for _ in range(3)), left)
    with closing(items):
        assert [(one, length_hint(items)) for one in items] == [(1, 2), (2, 1), (3, 0)]


def test_it_closes_its_generator() -> None:
    over: list[str] = []

    def items() -> Generator[int, None, None]:
        try:
            yield 1
        finally:
            over.append("over")

    given = AtHand(items(), [])
    assert next(given) == 1
    given.close()
    assert over == ["over"]


# --- a run


def prepare(url: str, count: int, most: int) -> list[str]:
    """Write a config and a CSV of so many messages that differ in the number alone."""
    send = SEND_TO_EACH.replace("[send]", "[backends.bulk.send]").replace(
        "most = 3", f"most = {most}"
    )
    Path("smsbridge.toml").write_text(
        f'default = "bulk"\n[backends.bulk]\nbackend = "rest"\nurl = "{url}"\n{send}'
    )
    numbers = [f"+120255501{number:02}" for number in range(count)]
    Path(CSV).write_text("recipient,text\n" + "".join(f"{one},Hello\n" for one in numbers))
    return numbers


def numbers_of(got: Got) -> list[str]:
    return list(json.loads(got.body)["to"])


def rows(_server: FaultServer, got: Got) -> bytes:
    """Accept each number but those that end in 7."""
    each = numbers_of(got)
    codes = {number: "12" if number.endswith("7") else "0" for number in each}
    messages = [{"to": number, "code": codes[number], "id": number[-2:]} for number in each]
    return answer(200, json.dumps({"messages": messages}))


def outcomes() -> dict[str, str]:
    lines = map(json.loads, Path(OUT).read_text().splitlines())
    return {line["recipient"]: line["outcome"] for line in lines}


@pytest.mark.usefixtures("nowhere")
def test_a_run_sends_groups_and_writes_a_line_for_each_message() -> None:
    with FaultServer([rows]) as server:
        numbers = prepare(server.url, 25, most=4)
        done = run(*COMMAND)
        asked = [numbers_of(got) for got in server.sends]
    assert (done.code, done.err) == (6, "accepted 23, rejected 2\n")
    assert sorted(one for each in asked for one in each) == numbers
    assert max(map(len, asked)) == 4
    assert len(asked) < 12
    assert outcomes() == {one: "rejected" if one.endswith("7") else "accepted" for one in numbers}


@pytest.mark.usefixtures("nowhere")
def test_kill_9_in_the_middle_of_a_group_leaves_each_of_its_messages_unknown() -> None:
    came, go = threading.Event(), threading.Event()

    def second_waits(server: FaultServer, got: Got) -> bytes:
        if len(server.sends) == 2:
            came.set()
            assert go.wait(SECONDS)
        return rows(server, got)

    with FaultServer([second_waits]) as server:
        numbers = prepare(server.url, 25, most=10)
        command = [SMSBRIDGE, *COMMAND]
        with subprocess.Popen(command, encoding="utf-8") as process, killed_when_late(process):
            assert came.wait(SECONDS)
            process.send_signal(signal.SIGKILL)
            assert process.wait(SECONDS) == -signal.SIGKILL
        go.set()
        done = run(*COMMAND)
        asked = [numbers_of(got) for got in server.sends]
    assert done.code == 3
    assert Counter(one for each in asked for one in each) == Counter(numbers)
    assert [len(each) for each in asked] == [10, 10, 5]
    assert {one for one, end in outcomes().items() if end == "unknown"} == set(asked[1])
    assert len(outcomes()) == 25
