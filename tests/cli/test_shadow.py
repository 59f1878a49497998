"""``smsbridge shadow report``: what another backend would send, while the bridge serves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.bridges import NUMBER, Running, config_text, open_store, put, running
from support.commands import run, run_without
from support.each import each
from support.sockets import listening

TEXT = "Your parcel is here"
BACKENDS = """
[backends.old]
backend = "smsmobileapi"
[backends.new]
backend = "twilio"
username = "AC1"
password = "a-secret"
[backends.by-soap]
backend = "hostedsms"
username = "shop@shop.example"
password = "b-secret"
url = "{address}"
[backends.by-oauth]
backend = "smsmobileapi"
protocol = "oauth"
client_id = "c"
client_secret = "c-secret"
url = "{address}"
[backends.by-key]
backend = "kannel"
username = "u"
password = "d-secret"
url = "{address}"
"""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a report says as JSON and as text."""

    document: dict[str, Any]
    text: str

    def what(self) -> dict[str, str]:
        return {one["field"]: one["what"] for one in self.document["differences"]}


@contextmanager
def served(folder: Path, shadow: str, address: str) -> Iterator[Running]:
    """Run a bridge that speaks SMSMobileAPI, sends through Twilio, and has a shadow."""
    backends = BACKENDS.replace("{address}", address)
    text = config_text(f'shadow = "{shadow}"', backends=backends)
    with running(folder, text) as found:
        yield found


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a shadow's provider, to which nothing connects until the end."""
    monkeypatch.chdir(tmp_path)
    with listening() as (port, taken):
        yield f"http://127.0.0.1:{port}"
        assert taken() == 0


def reported(*options: str) -> Shown:
    done = [run("shadow", "report", *options, *more) for more in (("--json",), ())]
    assert [one.code for one in done] == [0, 0]
    return Shown(document=done[0].document, text=done[1].out)


@pytest.mark.parametrize(
    ("shadow", "what"),
    [
        (
            "by-soap",
            {"recipient": "without + instead of with +"},
        ),
        ("by-oauth", {}),
        ("by-key", {}),
    ],
)
def test_what_a_shadow_would_send_is_told_while_the_bridge_serves(
    tmp_path: Path, address: str, shadow: str, what: dict[str, str]
) -> None:
    with served(tmp_path, shadow, address) as bridge:
        assert bridge.send(TEXT).status == 200
        shown = reported()
        assert shown.what() == what
        names = ("door", "to", "shadow", "messages", "same", "different", "connections_tried")
        said = [shown.document[name] for name in names]
        assert said == ["shop", "new", shadow, 1, int(not what), int(bool(what)), 0]
        assert shown.text.splitlines()[-1] == ("nothing was sent: no connection was attempted")


def test_numbers_texts_and_secrets_are_shown_to_nobody_who_does_not_ask(
    tmp_path: Path, address: str
) -> None:
    with served(tmp_path, "by-soap", address) as bridge:
        bridge.send(TEXT)
        (message,) = bridge.messages()
        plain, asked = reported(), reported("--show-texts")
    whole = json.dumps(plain.document) + plain.text
    assert message.id in plain.text
    assert not [one for one in (NUMBER[1:], TEXT, "secret") if one in whole]
    (example,) = asked.document["differences"][0]["examples"]
    assert example["id"] == message.id
    assert (example["to"]["recipient"], example["shadow"]["recipient"]) == (NUMBER, NUMBER[1:])
    assert f"  new  {NUMBER} {TEXT} - sms\n  by-soap  {NUMBER[1:]} {TEXT} - sms\n" in asked.text
    assert "secret" not in json.dumps(asked.document) + asked.text


def stored(folder: Path, shadow: str = 'shadow = "by-soap"') -> None:
    """Make a store with two messages, the second of which SOAP can't carry."""
    text = config_text(shadow, backends=BACKENDS.replace("{address}", "https://sms.example"))
    (folder / "smsbridge.toml").write_text(text, encoding="utf-8")
    with open_store(folder) as store:
        put(store, TEXT)
        put(store, "with a\x0bcontrol")


LONG_AGO = ("--since", "999999d")  # the clock of the store of these tests is a fixed one


def test_a_table_has_each_difference_with_its_count_and_an_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = run("shadow", "report", *LONG_AGO).out.splitlines()
    assert lines[0] == "shop: by-soap instead of new, messages from the last 999999d"
    assert lines[1].split() == ["field", "what", "messages", "id"]
    assert [line.split()[0] for line in lines[2:4]] == ["recipient", "text"]
    assert "can't be carried: Message has U+000B: XML" in lines[3]
    assert lines[4] == "2 messages: 0 the same, 2 different"


def test_examples_are_as_many_as_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path)
    monkeypatch.chdir(tmp_path)
    for number in (0, 1):
        document = run("shadow", "report", *LONG_AGO, "--examples", str(number), "--json").document
        assert [len(one["examples"]) for one in document["differences"]] == [number] * 2


@each(
    ("options", "shadow", "why"),
    [
        ((), "", 'no door has a shadow: give shadow = "NAME"'),
        (("--door", "shop"), "", "[doors.shop] has no shadow"),
        (("--door", "shopp"), 'shadow = "by-soap"', "there is no [doors.shopp]; did you mean"),
        (("--since", "ever"), 'shadow = "by-soap"', "give a whole number and s, m, h or d"),
    ],
)
def test_what_can_not_be_reported_is_refused(
    tmp_path: Path, options: tuple[str, ...], shadow: str, why: str
) -> None:
    stored(tmp_path, shadow)
    config = ("--config", str(tmp_path / "smsbridge.toml"))
    done = run("shadow", "report", *config, *options)
    assert (done.code, why in done.err, done.out) == (2, True, "")


def test_without_its_extra_it_says_which(tmp_path: Path) -> None:
    (done,) = run_without(["sqlalchemy"], ["shadow", "report"])
    assert (done.code, "bridge" in done.err) == (2, True)
