"""What a command writes of a provider that repeats all that it is told: no text, no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import run
from support.fault_server import FaultServer, Got, answer

pytestmark = pytest.mark.usefixtures("nowhere")

KEY, NUMBER, TEXT = "canary-of-echo-93f1", "+447700900199", "canary of echo"
ECHOES = {
    "refused": lambda got: answer(400, f'{{"error": "{_plain(got)}"}}'),
    "an error": lambda got: answer(200, f'{{"result": {{"error": "{_plain(got)}"}}}}'),
    "no sense": lambda got: answer(200, got.body),
    "a server's error": lambda got: answer(500, got.body),
}


def _plain(got: Got) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(got.body.decode())


def told_by(name: str, *command: str) -> str:
    """Return all that a command prints and writes down, run against a provider that echoes."""

    def play(_: FaultServer, got: Got) -> bytes:
        return ECHOES[name](got)

    with FaultServer([play]) as server:
        url = f"smsmobileapi+rest://{KEY}@127.0.0.1:{server.port}?tls=off"
        done = run(*command, "--url", url)
        assert server.sends
    written = [file.read_text(encoding="utf-8") for file in Path.cwd().glob("results*")]
    return "\n".join([done.out, done.err, *written])


@pytest.mark.parametrize("name", ECHOES)
@pytest.mark.parametrize("more", [[], ["--json"]], ids=" ".join)
def test_a_send_prints_nothing_that_the_provider_repeats(name: str, more: list[str]) -> None:
    told = told_by(name, "send", NUMBER, TEXT, *more)
    assert [word for word in (KEY, NUMBER[1:], TEXT, "canary") if word in told] == []


@pytest.mark.parametrize("name", ECHOES)
def test_the_files_of_many_have_numbers_and_nothing_else_that_is_repeated(name: str) -> None:
    Path("messages.csv").write_text(f"recipient,text\n{NUMBER},{TEXT}\n", encoding="utf-8")
    told = told_by(name, "send-many", "messages.csv", "--out", "results.jsonl")
    assert [word for word in (KEY, TEXT, "canary") if word in told] == []
    assert f'"recipient": "{NUMBER}"' in told
