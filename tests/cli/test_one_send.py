"""A send by a command ends with the code of its outcome, also when it is interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import INTERRUPTIBLE, SECONDS, killed_when_late, one_line, real, run
from support.fault_server import FaultServer, answer
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

SEND = ["send", NUMBER, TEXT]
URL = "smsmobileapi+rest://KEY@127.0.0.1:9?tls=off"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", [[*SEND, "--json"], ["resend", "id-1"]])
def test_an_interrupted_send_is_unknown_also_on_a_full_disk(
    number: signal.Signals, command: list[str]
) -> None:
    def interrupt(_server: FaultServer, _got: object) -> bytes:
        process.send_signal(number)
        process.wait(SECONDS)
        return answer(200)

    with FaultServer([interrupt]) as server, Path("/dev/full").open("w") as full:
        arguments = [*command, "--url", sample_url("rest", server.url)]
        with (
            subprocess.Popen(
                [sys.executable, "-c", INTERRUPTIBLE, *arguments],
                stdout=full,
                stderr=full,
                text=True,
            ) as process,
            killed_when_late(process),
        ):
            assert process.wait(SECONDS) == 3


WRITING = f"""
import io, sys
number = int(sys.argv.pop())
class Slow(io.StringIO):
    def write(self, text):
        signal.raise_signal(number)
        return super().write(text)
sys.stdout = Slow()
{INTERRUPTIBLE}"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_accepted_send_is_accepted_when_writing_it_down_is_interrupted(
    smsbridge_mock: Provider, number: signal.Signals
) -> None:
    done = real(*SEND, str(int(number)), script=WRITING)
    assert done.code == 0, done.err
    assert len(smsbridge_mock.messages) == 1


@pytest.mark.parametrize("command", ["send", "resend"])
def test_an_error_that_nobody_expects_is_unknown(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(f"smsbridge.client.sync.Client.{command}", fail)
    done = run(*(SEND if command == "send" else ["resend", "id-1"]), "--url", URL)
    assert done.code == 3
    assert one_line(done.err)
    assert "unexpected ZeroDivisionError while it was being sent" in done.err
    assert "canary" not in done.err
