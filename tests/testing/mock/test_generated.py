"""What the mock provider answers where nothing was recorded: from tables and contracts alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsbridge import (
    AuthenticationFailed,
    Client,
    Message,
    Outcome,
    OutcomeUnknown,
    Reason,
    Rejected,
    Status,
    Submission,
)
from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.config.load import from_file, from_mapping
from smsbridge.http.exchange import Request, Session
from smsbridge.mapping.path import nest
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.blocks import GATE, SEND_TO_EACH
from support.blocks import rest as block
from support.corpus import CONTRACTS
from support.each import each
from support.sending import NUMBER, TEXT
from support.vendor import EXAMPLES, WSDL, changed

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
NAMES = ("oldcorp", "newcorp")


@pytest.fixture(params=NAMES)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Return a backend of the docs' example: SOAP with basic, REST with OAuth2."""
    return example(request.param)


def example(name: str, secret: str = "secret") -> Backend:
    environ = {"OLDCORP": secret, "NEWCORP": secret}
    return from_file(name, EXAMPLES / "smsbridge.toml", environ=environ)


def provider_of(backend: Backend) -> Provider:
    return Provider(backend, session=Session(now=lambda: NOON))


def client_of(provider: Provider, backend: Backend | None = None) -> Client:
    return Client(backend or provider.backend, transport=InProcess(provider))


def test_a_message_is_accepted_with_an_id_of_its_own(backend: Backend) -> None:
    provider = provider_of(backend)
    client = client_of(provider)
    found = [client.send(NUMBER, TEXT) for _ in range(2)]
    assert all(isinstance(one, Submission) for one in found)
    assert len({one.id for one in found}) == 2
    assert [(one.recipient, one.text) for one in provider.messages] == [(NUMBER, TEXT)] * 2
    assert provider.notes == {}


def test_what_was_accepted_can_be_asked_for(backend: Backend) -> None:
    client = client_of(provider_of(backend))
    first = client.send(NUMBER, "one")
    second = client.send(NUMBER, "two")
    assert first.id
    row = client.status(first.id)
    assert (row.id, row.status, row.at) == (first.id, Status.DELIVERED, NOON)
    assert row.recipient == NUMBER
    assert second.id
    assert client.status(second.id).id == second.id


def test_what_was_never_accepted_is_unknown(backend: Backend) -> None:
    client = client_of(provider_of(backend))
    client.send(NUMBER, TEXT)
    assert client.status("never").status is Status.UNKNOWN


def test_reset_forgets_what_was_accepted(backend: Backend) -> None:
    provider = provider_of(backend)
    client = client_of(provider)
    found = client.send(NUMBER, TEXT)
    provider.reset()
    assert found.id
    assert (
        Client(provider.backend, transport=InProcess(provider)).status(found.id).status
        is Status.UNKNOWN
    )


def test_an_inbox_has_one_message(backend: Backend) -> None:
    (row,) = client_of(provider_of(backend)).received()
    assert (row.id, row.sender, row.text, row.at) == ("1", "+12025550142", "Hello", NOON)


@each("name", NAMES)
def test_wrong_credentials_are_refused_as_the_table_says(name: str) -> None:
    provider = provider_of(example(name))
    with pytest.raises(AuthenticationFailed) as refused:
        client_of(provider, example(name, "wrong")).send(NUMBER, TEXT)
    assert refused.value.reason is Reason.AUTHENTICATION
    assert refused.value.code == {"oldcorp": "40", "newcorp": "invalid_client"}[name]
    assert provider.messages == []


def test_a_message_that_no_provider_could_take_is_refused_in_the_table_s_word() -> None:
    backend = example("oldcorp")
    provider = provider_of(backend)
    request = next(backend.send(message(), Session()))
    body = request.body.replace(NUMBER[1:].encode(), b"nobody")
    sent = Request(method="POST", url=request.url, headers=signed(backend), body=body)
    answer = provider.handle(sent)
    assert b"<ns0:code>12</ns0:code>" in getattr(answer, "body", b"")
    assert provider.messages == []


def message() -> Message:
    return Message(recipient=NUMBER, text=TEXT)


def signed(backend: Backend) -> dict[str, str]:
    request = next(backend.send(message(), Session()))
    return dict(request.headers)


# --- an answer in a part of the answer


def relay(key: str, secret: str) -> Backend:
    """Return a backend whose answers stand in a part of the answer, by the key that says which."""
    return from_mapping(
        {
            "backend": "soap",
            "wsdl": str(GATE),
            key: "return",
            "auth": {"type": "fields", "fields": {"apikey": "{key}"}, "key": secret},
            "send": {
                "operation": "Relay",
                "fields": {"to": "{recipient}", "body": "{text}"},
                "accepted": {"when": {"result.ok": "1"}, "id": "result.id"},
                "rejected": {"result.error": {"12": "recipient", "40": "authentication"}},
            },
        }
    )


@each("key", ["json_part", "xml_part"])
def test_an_answer_stands_in_the_part_where_the_table_looks_for_it(key: str) -> None:
    provider = provider_of(relay(key, "k-1"))
    found = client_of(provider).send(NUMBER, TEXT)
    assert found.id
    assert found.answer == {"result": {"ok": "1", "id": found.id}}
    assert [one.text for one in provider.messages] == [TEXT]
    with pytest.raises(AuthenticationFailed):
        client_of(provider, relay(key, "wrong")).send(NUMBER, TEXT)


# --- words that a table wants of an answer


REST: dict[str, Any] = {
    "backend": "rest",
    "url": "https://api.vendor.example",
    "send": {
        "route": "POST /v1/messages",
        "fields": {"to": "{recipient}", "text": "{text}"},
    },
}
SOAP: dict[str, Any] = {
    "backend": "soap",
    "send": {
        "operation": "SubmitShortMessage",
        "fields": {"request.destination": "{recipient|digits}", "request.body": "{text}"},
    },
}


def rest(**accepted: Any) -> Backend:
    return from_mapping({**REST, "send": {**REST["send"], "accepted": accepted}}, name="vendor")


def soap(folder: Path, wsdl: str, **more: Any) -> Backend:
    file = folder / "oldcorp.wsdl"
    file.write_text(wsdl)
    send = {**SOAP["send"], **more}
    return from_mapping({**SOAP, "wsdl": str(file), "send": send}, name="vendor")


@each(
    "accepted",
    [
        {"when": {"state": "queued"}},
        {"when": {"state": "queued", "error.code": "0"}, "id": "message.id"},
        {"when": {"id": "*"}, "id": "id"},
        {"when": {"id": "/[0-9]+/"}},
        {"when": {"messages[0].state": "ok"}, "id": "messages[0].id"},
        {"when": {"state": "ok"}, "id": "id", "status": "state"},
        {"when": {"ok": "true"}, "id": "id", "status": "status"},
    ],
)
def test_an_answer_has_every_word_that_the_table_wants(accepted: dict[str, Any]) -> None:
    provider = provider_of(rest(**accepted))
    found = client_of(provider).send(NUMBER, TEXT)
    assert found.status in Status
    assert (found.id is not None) == ("id" in accepted)


def test_an_id_of_a_whole_number_is_one_where_the_contract_wants_that(tmp_path: Path) -> None:
    text = changed(('"messageId" type="xsd:string" minOccurs="0"', '"messageId" type="xsd:int"'))
    accepted = {"when": {"result.code": "0"}, "id": "result.messageId"}
    provider = provider_of(soap(tmp_path, text, accepted=accepted))
    found = client_of(provider).send(NUMBER, TEXT)
    assert found.id
    assert 0 <= int(found.id) < 2**31


def test_an_answer_holds_what_the_contract_requires_beside_the_table_s_words(
    tmp_path: Path,
) -> None:
    text = changed(
        (
            '<xsd:element name="code" type="xsd:int"/>',
            (
                '<xsd:element name="code" type="xsd:int"/>'
                '<xsd:element name="balance" type="xsd:decimal"/>'
            ),
        )
    )
    provider = provider_of(soap(tmp_path, text, accepted={"when": {"result.code": "0"}}))
    found = client_of(provider).send(NUMBER, TEXT)
    assert found.answer["result"]["balance"] == "1.5"


def test_an_answer_with_an_array_is_filled_item_by_item(tmp_path: Path) -> None:
    wsdl = str(CONTRACTS / "rpc-encoded-structs.wsdl")
    send = {
        "operation": "sendMessages",
        "fields": {
            "apikey": "key",
            "messages.to": "{recipient}",
            "messages.text": "{text}",
            "params.name": "a",
            "params.value": "b",
        },
        "accepted": {"when": {"return[0].to": "ok"}},
    }
    backend = from_mapping({"backend": "soap", "wsdl": wsdl, "send": send}, name="vendor")
    found = client_of(provider_of(backend)).send(NUMBER, TEXT)
    assert found.answer == {"return": [{"to": "ok", "text": "text"}]}


def test_a_fault_that_a_table_knows_refuses_where_no_other_word_does(tmp_path: Path) -> None:
    own = {
        "accepted": {"when": {"result.code": "0"}},
        "rejected": {"fault.string": {"BAD_NUMBER": "recipient"}},
    }
    backend = soap(tmp_path, WSDL, **own)
    provider = provider_of(backend)
    request = next(backend.send(message(), Session()))
    body = request.body.replace(NUMBER[1:].encode(), b"nobody")
    answer = provider.handle(
        Request(method="POST", url=request.url, headers=dict(request.headers), body=body)
    )
    assert b"<faultstring>BAD_NUMBER</faultstring>" in getattr(answer, "body", b"")


def test_a_word_that_the_contract_can_t_say_is_a_fault_of_the_mock_that_says_so(
    tmp_path: Path,
) -> None:
    accepted = {"when": {"result.messageId": "*"}, "status": "result.code"}
    provider = provider_of(soap(tmp_path, WSDL, accepted=accepted))
    with pytest.raises(OutcomeUnknown):
        client_of(provider).send(NUMBER, TEXT)
    assert provider.messages == []
    fields = {"request.destination": NUMBER, "request.body": TEXT}
    asked = load(WSDL).write("SubmitShortMessage", "input", nest(fields))
    assert b"result.code: int is expected" in post(provider, "/services/oldcorp", asked).body


# --- what no table has


def post(provider: Provider, path: str, body: bytes) -> Any:
    url = f"https://sms.oldcorp.example{path}"
    headers = {"Content-Type": "text/xml"}
    return provider.handle(Request(method="POST", url=url, headers=headers, body=body))


def test_an_operation_that_no_table_has_gets_a_valid_sample(tmp_path: Path) -> None:
    backend = soap(tmp_path, WSDL, accepted={"when": {"result.code": "0"}})
    provider = provider_of(backend)
    contract = load(WSDL)
    asked = contract.write("QueryMessage", "input", {"messageId": "1"})
    answer = post(provider, "/services/oldcorp", asked)
    assert answer.status == 200
    assert b"QueryMessageResponse" in answer.body
    assert provider.messages == []


def load(wsdl: str) -> Port:
    return load_port(wsdl.encode())


def test_a_one_way_operation_is_taken_with_an_empty_202() -> None:
    source = read_source(CONTRACTS / "one-way.wsdl")
    provider = Provider(wsdl_backend(source))
    asked = load((CONTRACTS / "one-way.wsdl").read_text()).write(
        "Notify", "input", {"messageId": "1", "state": "ok"}
    )
    answer = post(provider, "/sms", asked)
    assert (answer.status, answer.body) == (202, b"")


def test_of_two_ports_at_one_path_that_refuse_the_one_that_knows_the_operation_says_why() -> None:
    provider = Provider(wsdl_backend(read_source(CONTRACTS / "services.wsdl")))
    text = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<n:GetStatus xmlns:n="urn:several:sms"><n:surplus/></n:GetStatus>'
        "</s:Body></s:Envelope>"
    )
    answer = post(provider, "/sms", text.encode())
    assert answer.status == 500
    assert b"surplus" in answer.body
    (note,) = provider.notes
    assert "surplus" in note


def test_without_a_fixture_a_backend_is_labelled_assumed(backend: Backend) -> None:
    provider = Provider(backend)
    assert provider.fixture.id == f"{backend.name}/default"
    assert provider.fixture.provenance.source == "ASSUMED"
    answer = provider.handle(Request(method="GET", url="https://x.example/_mock/health"))
    assert b'"provenance": "ASSUMED"' in getattr(answer, "body", b"")


def test_a_message_without_a_number_is_refused_as_a_request_where_no_word_says_so() -> None:
    table = {**REST["send"], "accepted": {"when": {"state": "ok"}}}
    provider = provider_of(from_mapping({**REST, "send": table}, name="vendor"))
    lacking = {**table, "fields": {"other": "{recipient}", "text": "{text}"}}
    client = client_of(provider, from_mapping({**REST, "send": lacking}, name="vendor"))
    with pytest.raises(Rejected) as refused:
        client.send(NUMBER, TEXT)
    assert refused.value.reason is Reason.REQUEST
    assert provider.messages == []


# --- several recipients in one call

MAGIC = {
    "+12025550101": Outcome.ACCEPTED,
    "+447700900400": Outcome.REJECTED,
    "+447700900401": Outcome.REJECTED,
    "+447700900429": Outcome.NOT_SENT,
    "+447700900002": Outcome.UNKNOWN,
    "+447700900503": Outcome.UNKNOWN,
    "+12025550102": Outcome.ACCEPTED,
}
"""How each of several messages ends, by its number."""


def sent_together(provider: Provider) -> dict[str, Outcome]:
    messages = [Message(recipient=number, text=TEXT) for number in MAGIC]
    results = client_of(provider).send_many(messages, len(messages))
    return {one.recipient: one.outcome for one in results}


def test_a_call_with_several_recipients_is_several_messages_each_with_its_own_row() -> None:
    provider = provider_of(block(SEND_TO_EACH.replace("most = 3", "most = 10")))
    assert sent_together(provider) == MAGIC
    assert len(provider.requests) == 1
    taken = {one.recipient for one in provider.messages}
    assert taken == {
        number
        for number, outcome in MAGIC.items()
        if outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN)
    }
    assert len({one.id for one in provider.messages}) == len(taken)
    assert provider.surprises() == []


def test_a_magic_number_for_which_a_table_has_no_word_has_no_row() -> None:
    send = SEND_TO_EACH.replace("most = 3", "most = 10").partition("rejected")[0]
    ends = sent_together(provider_of(block(send)))
    assert {ends[number] for number in ("+447700900400", "+447700900429")} == {Outcome.UNKNOWN}


def test_a_number_that_is_sent_twice_is_a_double_in_a_group_too() -> None:
    provider = provider_of(block(SEND_TO_EACH))
    messages = [Message(recipient=f"+1202555010{number}", text=TEXT) for number in (1, 2, 1)]
    assert [one.outcome for one in client_of(provider).send_many(messages)] == ["accepted"] * 3
    assert (len(provider.requests), len(provider.messages)) == (2, 3)
    assert len(provider.verdict().repeats) == 1


def test_a_fault_is_met_by_all_of_a_call() -> None:
    provider = provider_of(block(SEND_TO_EACH.replace("most = 3", "most = 10")))
    provider.fault = "refusals:400"
    assert set(sent_together(provider).values()) == {Outcome.REJECTED}
    assert provider.messages == []
    provider.fault = "reset-after-request"
    assert set(sent_together(provider).values()) == {Outcome.UNKNOWN}
