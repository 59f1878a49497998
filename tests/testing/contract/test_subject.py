"""What is judged is a backend with canaries in the place of its credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smsbridge import ConfigError, Secret, backend
from smsbridge.backends.limits import Limit, Retry
from smsbridge.backends.memory import MemoryBackend
from smsbridge.backends.parlayx import ParlayX
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.config.load import from_mapping
from smsbridge.message import Message
from smsbridge.testing.contract.ruling import DoesNotApply
from smsbridge.testing.contract.subject import Subject, canary_keys
from smsbridge.testing.faults.table import fault
from smsbridge.testing.fixture.do import Do

from support.contracts import FIXTURES, Honest, subject


def test_no_credential_of_a_config_is_used() -> None:
    real = Honest(
        key=Secret("a real key"),
        proxy=Secret("http://u:p@proxy.example"),
        retry=Retry(attempts=3),
        limit=Limit(per_second=1),
    )
    judged = Subject(real, [])
    assert judged.canaries == {"key": "c4nary+key/93f1=&x"}
    assert (judged.backend.proxy, judged.backend.retry, judged.backend.limit) == (None, None, None)


def test_a_class_is_made_with_all_that_its_protocols_need() -> None:
    gateway = ParlayX(**canary_keys(ParlayX))
    assert gateway.url == "https://api.parlayx.example"
    assert gateway.username == "plain-username"
    assert Subject(SMSMobileAPI(**canary_keys(SMSMobileAPI)), []).canaries.keys() == {
        "api_key",
        "client_secret",
    }


def test_each_protocol_is_judged_with_the_fixtures_that_are_for_it() -> None:
    first = Subject(SMSMobileAPI(api_key=Secret("k")), FIXTURES.values())
    assert first.protocol == "rest"
    other = first.over("soap")
    assert (other.protocol, other.backend.protocol) == ("soap", "soap")
    assert [one.id for one in first.fixtures] == [one.id for one in FIXTURES.values()]
    assert other.fixtures == ()  # they name rest


def test_the_message_is_one_that_a_fixture_shows_to_be_accepted() -> None:
    message = Message(recipient="+12025550123", text="Olá")
    shown = replace(FIXTURES["send"], message=message)
    assert Subject(Honest(key=Secret("k")), [FIXTURES["refused"], shown]).message is message
    assert subject(Honest, "send").message.recipient == "+12025550123"


def test_what_is_asked_is_what_a_fixture_asks() -> None:
    assert subject().do("status") == FIXTURES["status"].do
    assert subject(Honest, "status").do("status") == Do(operation="status", arguments={"id": "7"})
    assert subject().do("send") == FIXTURES["send"].message


@backend
class Silent(Honest):
    """Sends nothing."""

    protocols = {"rest": replace(Honest.protocols["rest"], send=None)}


def test_what_is_about_sends_does_not_apply_where_nothing_is_sent() -> None:
    with pytest.raises(DoesNotApply, match="rest has no send"):
        _ = subject(Silent).send


def test_a_backend_without_a_network_has_no_contract() -> None:
    with pytest.raises(ConfigError, match="memory uses no network"):
        Subject(MemoryBackend(), [])


def test_some_faults_are_of_soap_alone() -> None:
    judged = subject()
    assert judged.protocol_has(fault("html"))
    assert not judged.protocol_has(fault("bad-soap"))
    assert Subject(ParlayX(**canary_keys(ParlayX)), []).protocol_has(fault("bad-soap"))


def test_the_timeout_may_be_another() -> None:
    assert subject().within(3.0).backend.timeout == 3.0


def test_a_key_that_signs_is_one_that_can() -> None:
    auth = {"type": "jwt", "algorithm": "ES256", "key": "k"}
    send = {
        "route": "POST /s",
        "fields": {"to": "{recipient}", "text": "{text}"},
        "accepted": {"when": {"id": "*"}},
    }
    block = {"backend": "rest", "url": "https://gate.example", "auth": auth, "send": send}
    assert "PRIVATE KEY" in Subject(from_mapping(block), []).canaries["key"]
