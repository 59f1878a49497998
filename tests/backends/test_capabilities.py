"""What a backend can do, over each of its protocols, is what its tables say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from smsbridge import Message, Secret, Status, Unsupported
from smsbridge.backends.capabilities import (
    Capability,
    table_to_ask,
    table_to_command,
    table_to_send,
)
from smsbridge.backends.memory import MemoryBackend
from smsbridge.backends.parlayx import ParlayX
from smsbridge.backends.registry import installed_capabilities
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Session

from support.each import each

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TABLE = SMSMobileAPI(api_key=Secret("k"), client_id="c", client_secret=Secret("s"))
ASKED: dict[str, dict[str, Any]] = {
    "status": {"id": "1"},
    "sent": {"before": NOW, "keyword": "x", "failed": "phone", "id": "1"},
    "received": {"after": NOW, "device": "1", "unread": True},
}
DONE: dict[str, dict[str, Any]] = {"resend": {"id": "1"}, "delete": {"first": NOW, "last": NOW}}


@each("protocol", ["rest", "oauth"])
@each("question", ASKED)
def test_what_a_table_has_can_be_asked(question: str, protocol: str) -> None:
    backend = replace(TABLE, protocol=protocol)
    assert table_to_ask(backend, question, ASKED[question]) is backend.question(question)


@each("protocol", ["rest", "oauth"])
@each("command", DONE)
def test_what_a_table_has_can_be_done(command: str, protocol: str) -> None:
    backend = replace(TABLE, protocol=protocol)
    operations = backend.protocols[protocol].operations()
    assert table_to_command(backend, command, DONE[command]) is operations[command]


@each("question", ASKED)
def test_a_protocol_that_can_not_be_asked_names_those_that_can(question: str) -> None:
    backend = replace(TABLE, protocol="soap")
    assert backend.question(question) is None
    with pytest.raises(Unsupported, match=f"over soap can't answer {question}; rest and oauth can"):
        table_to_ask(backend, question, {})


@each("command", DONE)
def test_a_protocol_that_can_not_do_it_names_those_that_can(command: str) -> None:
    with pytest.raises(Unsupported, match=f"over soap can't {command}; rest and oauth can"):
        table_to_command(replace(TABLE, protocol="soap"), command, DONE[command])


@each(
    ("question", "values", "lacking"),
    [
        ("sent", {"after": NOW}, "after"),
        ("sent", {"recipient": "+12025550123", "keyword": "x"}, "keyword"),
        ("received", {"before": NOW}, "before"),
        ("status", {"id": "1", "before": NOW}, "before"),
    ],
)
def test_a_value_that_would_be_left_out_is_refused(
    question: str, values: dict[str, Any], lacking: str
) -> None:
    with pytest.raises(Unsupported, match=f"can't ask {question} by {lacking}"):
        table_to_ask(TABLE, question, values)


def test_a_command_is_no_question_and_a_question_no_command() -> None:
    with pytest.raises(Unsupported):
        table_to_ask(TABLE, "delete", {})
    with pytest.raises(Unsupported):
        table_to_command(TABLE, "status", {})


def test_a_backend_without_tables_can_do_neither() -> None:
    with pytest.raises(Unsupported, match="memory can't answer sent"):
        table_to_ask(MemoryBackend(), "sent", {})
    with pytest.raises(Unsupported, match="memory can't delete"):
        table_to_command(MemoryBackend(), "delete", {})


def test_sent_is_the_last_status_where_delivered_can_not_be_told() -> None:
    log = TABLE.question("status")
    assert log is not None
    assert Status.SENT in TABLE.ends(log)
    parlayx = ParlayX(url="https://gw.example/SendSms", username="u", password=Secret("p"))
    report = parlayx.question("status")
    assert report is not None
    assert parlayx.ends(report) == TABLE.ends(log) - {Status.SENT}


def test_a_time_that_has_passed_is_refused_before_any_call() -> None:
    message = Message(recipient="+12025550123", text="x", send_at=NOW)
    with pytest.raises(ValueError, match="give a time in the future"):
        table_to_send(TABLE, message, Session(now=lambda: NOW))


# --- the list of what is installed

ALL = {(one.backend, one.protocol): one for one in installed_capabilities()}


def test_each_backend_is_there_with_each_of_its_protocols() -> None:
    assert ALL.keys() >= {
        ("acme", "rest"),
        ("acme", "soap"),
        ("console", "console"),
        ("memory", "memory"),
        ("smsmobileapi", "rest"),
        ("smsmobileapi", "soap"),
        ("smsmobileapi", "oauth"),
    }


def test_what_a_protocol_can_do_is_what_its_table_says() -> None:
    assert ALL["smsmobileapi", "soap"] == Capability(
        backend="smsmobileapi",
        protocol="soap",
        operations=["send"],
        channels=["sms"],
        options=[],
        webhooks=["arrived", "reported"],
        origin="smsbridge",
    )
    rest = ALL["smsmobileapi", "rest"]
    assert rest.channels == ["sms", "sms+whatsapp", "whatsapp"]
    assert {"send_at", "options.sim"} <= set(rest.options)
    assert ALL["acme", "rest"].options == ["reference"]


def test_a_backend_without_a_network_can_do_all() -> None:
    assert ALL["memory", "memory"].options == ["all"]
