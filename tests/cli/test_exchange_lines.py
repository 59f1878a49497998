"""The option -v: each command that asks a provider shows on stderr what was said, masked."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import Done, run
from support.fault_server import FaultServer, answer
from support.sending import NUMBER, PROTOCOLS, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

GUID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
COMMANDS = {
    "send": ("send", NUMBER, TEXT),
    "status": ("status", GUID),
    "wait": ("wait", GUID, "--timeout", "0"),
    "wait --received": ("wait", "--received", "--timeout", "0"),
    "sent": ("sent",),
    "received": ("received",),
    "resend": ("resend", GUID),
    "delete": ("delete", GUID, "--yes"),
    "resolve": ("resolve", "sent.json"),
}
UNKNOWN = (
    '{"outcome": "unknown", "backend": "smsmobileapi", "protocol": "rest", "reference": "r-1", '
    '"started": "2030-01-01T00:00:00+00:00", "fingerprint": "00"}'
)


def said(done: Done) -> list[str]:
    """Return the lines of what was said."""
    return [line for line in done.err.splitlines() if line.startswith((">", "<"))]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_shows_what_was_said(smsbridge_mock: Provider, name: str) -> None:
    smsbridge_mock.history.take(GUID, NUMBER, TEXT, None)
    Path("sent.json").write_text(UNKNOWN, encoding="utf-8")
    quiet, done = run(*COMMANDS[name]), run(*COMMANDS[name], "-v")
    assert said(quiet) == []
    lines = said(done)
    assert lines[0].startswith(("> POST http://127.0.0.1:", "> GET http://127.0.0.1:"))
    assert "< HTTP 200" in lines
    assert [line for line in lines if NUMBER[1:] in line or TEXT in line] == []
    assert said(run(*COMMANDS[name])) == [], "the next command is quiet again"
    assert logging.getLogger("smsbridge").level == logging.NOTSET


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_stdout_is_the_same_and_json_too(smsbridge_mock: Provider, protocol: str) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    done = run("send", NUMBER, TEXT, "--url", url, "--json", "--verbose")
    assert done.document["outcome"] == "accepted"
    calls = [line.rpartition("/")[0] for line in said(done) if line.startswith("> POST")]
    assert len(calls) == (2 if protocol == "oauth" else 1)


def test_where_nothing_came_back_it_shows_what_is_known() -> None:
    with FaultServer(["reset-after-request"]) as server:
        url = f"smsmobileapi+rest://KEY1234@127.0.0.1:{server.port}?tls=off"
        done = run("send", NUMBER, TEXT, "--url", url, "-v")
    assert done.code == 3
    assert said(done)[-1].startswith("< no answer, all of the request had left: ")
    assert "KEY1234" not in done.err


def test_what_could_steer_a_terminal_is_not_written() -> None:
    with FaultServer([answer(200, '{"a": "\\u202e x"}')]) as server:
        url = f"smsmobileapi+rest://KEY1234@127.0.0.1:{server.port}?tls=off"
        done = run("send", NUMBER, TEXT, "--url", url, "-v")
    assert "\u202e" not in done.err
    assert '< {"a": ' in done.err
