"""A command ends with the code of its outcome, whatever of stdout and stderr can't be written."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsbridge import Attempt, OutcomeUnknown, Status
from smsbridge.cli.output import failure
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import FULL, SECONDS, SMSBRIDGE, run_on, run_without_stdout, unwritable
from support.fault_server import FaultServer, answer
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

LOST = Attempt(backend="smsmobileapi", protocol="rest", reference="r-1", started=datetime.now(UTC))
SEND = ["send", NUMBER, TEXT]
WRONG = "smsmobileapi+rest://wrong@{}?tls=off"
KINDS = ("full", "pipe", "closed", "read-only")
UNWRITABLE = {
    "a full disk takes neither": ">/dev/full 2>&1",
    "a full disk takes no talk": "2>/dev/full",
    "both are closed": ">&- 2>&-",
    "stderr is closed, stdout full": ">/dev/full 2>&-",
    "neither can be written": "1</dev/null 2</dev/null",
    "nobody reads them": "",
}


def code(where: str, *command: str) -> int:
    """Return the exit code of a process whose streams a shell has led elsewhere."""
    reading, nobody = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$@" {where}', "sh", SMSBRIDGE, *command],
            stdin=subprocess.DEVNULL,
            stdout=nobody,
            stderr=nobody,
            timeout=SECONDS,
            check=False,
        )
    finally:
        os.close(nobody)
    return done.returncode


@pytest.fixture
def ends(smsbridge_mock: Provider) -> Iterator[dict[str, list[str]]]:
    """Return commands by how they end; each meets a provider that lets it."""
    smsbridge_mock.history.take("gone", NUMBER, TEXT, None)
    smsbridge_mock.history.take("failed", NUMBER, TEXT, Status.REJECTED)
    line = json.dumps({**failure(OutcomeUnknown("w", LOST)), "fingerprint": "0f9d"})
    Path("lost.json").write_text(f"{line}\n")
    Path("one.csv").write_text(f"recipient,text\n{NUMBER},{TEXT}\n")
    with FaultServer(["reset-after-request"]) as server, FaultServer([answer(429)]) as later:
        lost, busy = sample_url("rest", server.url), sample_url("rest", later.url)
        yield {
            "0 send": SEND,
            "0 send --json": [*SEND, "--json"],
            "3 send": [*SEND, "--url", lost],
            "3 send --json": [*SEND, "--json", "--url", lost],
            "5 send": [*SEND, "--url", busy],
            "2 send": ["send", "12025550123", TEXT],
            "2 usage": ["send", "--nope"],
            "0 resend": ["resend", "failed"],
            "6 resend": ["resend", "gone", "--json"],
            "0 delete": ["delete", "gone", "--yes"],
            "3 resolve": ["resolve", "lost.json"],
            "1 wait": ["wait", "nowhere", "--timeout", "0"],
            "3 send-many": ["send-many", "one.csv", "--out", "out", "--url", lost],
            "4 status": ["status", "gone", "--url", WRONG.format(smsbridge_mock.address[7:])],
        }


ENDS = (
    *("0 send", "0 send --json", "3 send", "3 send --json", "5 send", "2 send", "2 usage"),
    *("0 resend", "6 resend", "0 delete", "3 resolve", "1 wait", "3 send-many", "4 status"),
)


@pytest.mark.parametrize("end", ENDS)
def test_a_full_disk_changes_no_exit_code(ends: dict[str, list[str]], end: str) -> None:
    with unwritable("full") as stdout, unwritable("full") as stderr:
        assert run_on(stdout, stderr, *ends[end]) == int(end[0])


@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, repeat=2)), ids="-".join)
@pytest.mark.parametrize("end", ["0 send", "3 send --json"])
def test_no_stream_that_cannot_be_written_changes_the_exit_code_of_a_send(
    ends: dict[str, list[str]], end: str, kinds: tuple[str, str]
) -> None:
    with unwritable(kinds[0]) as stdout, unwritable(kinds[1]) as stderr:
        assert run_on(stdout, stderr, *ends[end]) == int(end[0])


@pytest.mark.full
@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("where", UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_process_whose_streams_cannot_be_written_exits_as_its_send_ends(
    ends: dict[str, list[str]], where: str
) -> None:
    assert code(where, *ends["3 send --json"]) == 3


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_no_encoding_changes_the_exit_code(smsbridge_mock: Provider, encoding: str) -> None:
    smsbridge_mock.history.take("id-1", NUMBER, "你好 \U0001f600", Status.UNDELIVERED)
    for command in (["send", NUMBER, "你好"], ["status", "id-1"]):
        out, err = (
            io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2)
        )
        assert run_on(out, err, *command) == 0


def test_what_only_shows_fails_where_it_cannot_show(smsbridge_mock: Provider) -> None:
    smsbridge_mock.history.take("id-1", NUMBER, TEXT, Status.UNDELIVERED)
    assert [run_without_stdout(kind, "status", "id-1").code for kind in ("full", "closed")] == [
        1,
        1,
    ]


def test_what_was_done_is_said_on_stderr_where_stdout_is_full(smsbridge_mock: Provider) -> None:
    smsbridge_mock.history.take("id-1", NUMBER, TEXT, Status.UNDELIVERED)
    done = run_without_stdout("full", "delete", "id-1", "--yes")
    assert done.code == 0
    assert done.err == "smsbridge: stdout can't be written: No space left on device\n"
