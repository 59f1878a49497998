"""``smsbridge backends``: what is installed, for a person and as JSON."""

from __future__ import annotations

import json

import pytest

from smsbridge.backends.registry import InstalledBackend, installed_backends

from support.commands import run
from support.sending import PROTOCOLS

pytestmark = pytest.mark.usefixtures("nowhere")

BROKEN = InstalledBackend(name="shaky", distribution="shaky-sms", broken="ImportError: no module")


def test_backends_lists_each_protocol_and_where_it_comes_from() -> None:
    done = run("backends")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    ours = ("memory", "parlayx", "rest", "smsmobileapi", "soap")
    for origin in ("acme, from acme-sms", *(f"{name}, from smsbridge" for name in ours)):
        assert origin in lines
    offered = [line.split()[0] for line in lines if line.startswith("  ")]
    assert [name for name in offered if name in PROTOCOLS] == [
        *("rest", "soap"),  # acme
        "soap",  # parlayx, which has digest and basic too
        *("rest", "soap", "oauth"),  # smsmobileapi
    ]
    assert "options." not in done.out
    assert max(len(line) for line in lines) <= 80


def test_backends_as_json_is_one_object_a_line() -> None:
    done = run("backends", "--json")
    assert (done.code, done.err) == (0, "")
    rows = [json.loads(line) for line in done.out.splitlines()]
    keys = {"backend", "protocol", "operations", "channels", "options", "webhooks", "origin"}
    assert {frozenset(row) for row in rows} == {frozenset(keys)}
    by_name = {(row["backend"], row["protocol"]): row for row in rows}
    assert by_name["acme", "rest"] == {
        "backend": "acme",
        "protocol": "rest",
        "operations": ["send"],
        "channels": ["sms"],
        "options": ["reference"],
        "webhooks": [],
        "origin": "acme-sms",
    }
    assert by_name["smsmobileapi", "rest"]["channels"] == ["sms", "sms+whatsapp", "whatsapp"]
    assert by_name["smsmobileapi", "soap"]["channels"] == ["sms"]
    assert "send_at" in by_name["smsmobileapi", "oauth"]["options"]
    assert "send_at" not in by_name["smsmobileapi", "soap"]["options"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_backends_shows_a_broken_plug_in_and_the_others(
    options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [*installed_backends(), BROKEN]
    monkeypatch.setattr("smsbridge.backends.registry.installed_backends", lambda: found)
    done = run("backends", *options)
    assert done.code == 0
    (line,) = (line for line in done.out.splitlines() if "shaky" in line)
    assert "shaky-sms: broken, ImportError: no module" in line
    assert "smsmobileapi" in done.out


def test_backends_lists_the_catalogue_last_with_who_agrees() -> None:
    lines = run("backends").out.splitlines()
    listed = " ".join(lines[lines.index("the catalogue") :])
    agreed = "agreed on by apprise, twilio, symfony, thinwrap; never seen live"
    assert f"with sender; webhooks: arrived, reported; {agreed}" in " ".join(listed.split())
