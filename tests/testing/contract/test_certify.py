"""A name stands for a block, a backend or a class; its fixtures are those that belong to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smsbridge import ConfigError
from smsbridge.testing.contract.certify import (
    Certificate,
    certify,
    find_fixtures,
    find_subject,
    subject_of,
)
from smsbridge.testing.contract.clause import clauses
from smsbridge.testing.contract.ruling import Judgement, Ruling
from smsbridge.testing.contract.subject import Subject

from support.blocks import GATE, SEND_TO_EACH, SOAP_SEND, rest
from support.contracts import ACCEPTED, HEAD, REFUSED, Honest, subject

BLOCK = f"""
[backends.gate]
backend = "soap"
wsdl = "{GATE}"
url = {{ env = "NOT_SET_ANYWHERE" }}

[backends.gate.auth]
type = "fields"
fields.apikey = "{{key}}"
key = {{ env = "NOT_SET_ANYWHERE" }}
{SOAP_SEND.replace("[send]", "[backends.gate.send]")}
"""
NONE = "\N{EN DASH}"


@pytest.fixture
def folder(nowhere: Path) -> Path:
    """Stand in a folder with a block of config and a fixture of it."""
    (nowhere / "smsbridge.toml").write_text(BLOCK)
    (nowhere / "fixtures").mkdir()
    (nowhere / "fixtures" / "mine.yaml").write_text(
        HEAD.format(id="gate/send/refused").replace("rest", "soap") + REFUSED
    )
    (nowhere / "fixtures" / "other.yaml").write_text(HEAD.format(id="other/send") + ACCEPTED)
    return nowhere


def test_a_block_is_judged_without_its_credentials_by_the_fixtures_beside_it(folder: Path) -> None:
    found = find_subject("gate", folder=folder)
    assert (found.backend.name, found.protocol) == ("gate", "soap")
    assert found.canaries.keys() == {"key"}
    assert [one.id for one in found.every_fixture] == ["gate/send/refused"]


def test_a_block_of_another_file_is_judged(folder: Path) -> None:
    (folder / "smsbridge.toml").rename(folder / "other.toml")
    assert find_subject("gate", folder=folder, config="other.toml").backend.name == "gate"


def test_an_installed_backend_is_judged_by_the_fixtures_that_ship(nowhere: Path) -> None:
    found = find_subject("parlayx", folder=nowhere)
    assert "parlayx/default" in {one.id for one in found.every_fixture}


def test_a_class_is_found_by_its_path_with_the_fixtures_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "own_sms.py").write_text(
        "from smsbridge import backend\n"
        "from smsbridge.backends.smsmobileapi import SMSMobileAPI\n"
        "@backend\nclass Own(SMSMobileAPI):\n    name = 'gate'\n"
    )
    found = find_subject("own_sms:Own", folder=folder)
    assert [one.id for one in found.every_fixture] == ["gate/send/refused"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("smsmobilapi", "there is neither a block nor a backend 'smsmobilapi'; .*smsmobileapi"),
        ("memory", "memory alone speaks to no provider: it uses no network"),
        ("soap", "alone speaks to no provider: a block makes it"),
        ("nothing_there:Own", "nothing_there"),
    ],
)
def test_what_can_not_be_judged_says_why(name: str, why: str, nowhere: Path) -> None:
    with pytest.raises(ConfigError, match=why):
        find_subject(name, folder=nowhere)


def test_a_folder_of_fixtures_must_have_some_of_the_backend(folder: Path) -> None:
    made = find_subject("gate", folder=folder).backend
    assert [one.id for one in find_fixtures(made, folder / "fixtures", folder)] == [
        "gate/send/refused"
    ]
    with pytest.raises(ConfigError, match="has none whose id begins with honest/"):
        find_fixtures(subject().backend, folder / "fixtures", folder)
    with pytest.raises(ConfigError, match="there is no folder"):
        find_fixtures(made, folder / "none", folder)


def test_a_test_names_a_backend_by_name_class_or_instance(nowhere: Path) -> None:
    by_class = subject_of(Honest, None, nowhere)
    by_instance = subject_of(subject().backend, None, nowhere)
    assert type(by_class.backend) is type(by_instance.backend) is Honest
    by_name = subject_of("parlayx", None, nowhere)
    assert by_name.backend.name == "parlayx"
    assert by_name.every_fixture


@pytest.mark.full
def test_each_clause_is_judged_once_over_each_protocol() -> None:
    judged = subject()
    certificate = Certificate(backend=judged.backend, rulings=tuple(certify(judged)))
    assert [one.clause for one in certificate.rulings] == [one.id for one in clauses()]
    assert certificate.judgement is Judgement.PASS


def test_a_certificate_is_told_as_rows_and_as_json() -> None:
    ended = Ruling(clause="C1", title="A title", protocol="rest", judgement=Judgement.PASS)
    certificate = Certificate(backend=subject().backend, rulings=(ended,))
    document = json.loads(json.dumps(certificate.document()))
    assert (document["backend"], document["contract"], document["verdict"]) == ("honest", 1, "pass")
    assert document["rows"][0]["operations"] == ["send", "status"]
    assert document["clauses"][0]["judgement"] == "pass"
    options = f"`reference`, `sender` | {NONE} | {NONE}"
    (row,) = certificate.markdown().splitlines()[2:]
    assert row == f"| `honest` | `rest` | `sms` | `send`, `status` | {options} | 1: pass |"


TEXT = """
answer = "/(?P<code>0): Accepted for delivery|(?P<error>[0-9]+): .*/"
[send]
route = "GET /sms"
fields = { to = "{recipient|digits}", text = "{text}" }
accepted = { when = { code = "0" } }
rejected = { error = { 1 = "authentication", "20-29" = "quota", "*" = "other" } }
"""
EMPTY = """
[send]
route = "POST /sms"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { "#status" = ["202", "204"] } }
"""
FORM = """
answer = "form"
[send]
route = "POST /sms"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { code = ["0", "1"] }, id = "id" }
rejected = { code = { 12 = "recipient" } }
"""
XML = """
body = "xml"
answer = "xml"
[send]
route = "POST /sms"
fields = { "request.to" = "{recipient}", "request.text" = "{text}" }
accepted = { when = { "response.@code" = ["0", "1"] }, id = "response.id" }
rejected = { "response.@code" = { 12 = "recipient" } }
"""


@pytest.mark.parametrize("block", [TEXT, EMPTY, FORM, XML])
def test_a_backend_whose_answers_are_not_json_keeps_the_contract(block: str) -> None:
    rulings = certify(Subject(rest(block), []))
    assert [one for one in rulings if one.judgement is Judgement.FAIL] == []


@pytest.mark.full
def test_a_backend_whose_calls_have_several_recipients_keeps_the_contract() -> None:
    rulings = certify(Subject(rest(f'statuses.Q = "queued"\n{SEND_TO_EACH}'), []))
    assert [one for one in rulings if one.judgement is Judgement.FAIL] == []
