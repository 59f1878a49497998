"""``smsbridge demo``: it is `smsbridge.cli.demo_logic`, which has its own tests, as a command."""

from __future__ import annotations

import pytest

from support.commands import run

pytestmark = pytest.mark.usefixtures("nowhere")


def test_the_demo_is_played_once(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[str] = []
    monkeypatch.setattr("smsbridge.cli.demo_logic.run", lambda: played.append("demo"))
    done = run("demo")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert played == ["demo"]


@pytest.mark.parametrize("arguments", [["now"], ["--json"], ["--backend", "staging"]])
def test_the_demo_takes_nothing(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smsbridge.cli.demo_logic.run", lambda: pytest.fail("it is played"))
    done = run("demo", *arguments)
    assert (done.code, done.out) == (2, "")
    assert arguments[0] in done.err
