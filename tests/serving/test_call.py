"""A request is heard as the provider understands it: over what, which operation, who, and what."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from acme_sms import Acme

from smsbridge import Channel, ConfigError, Secret
from smsbridge.cli.wsdl_source import wsdl_source
from smsbridge.codecs.rest import FORM, JSON, XML
from smsbridge.codecs.soap.wsdl_files import read_bundled
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.call import ReceivedCall, is_sending, refuse
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.blocks import SEND_TO_EACH
from support.blocks import rest as block
from support.each import each
from support.mocking import ENVELOPE, FIELDS, NUMBER
from support.received import read, received

URL = "https://api.smsmobileapi.com"
KEY = {"apikey": "test-key"}
TOKEN = "tok-1"


def rest(path: str = "/sendsms/", method: str = "POST", **fields: str) -> Request:
    headers = {"Content-Type": FORM}
    body = urlencode(fields).encode()
    return Request(method=method, url=URL + path, headers=headers, body=body)


def bearing(request: Request, token: str) -> Request:
    headers = {**request.headers, "Authorization": f"Bearer {token}"}
    return Request(method=request.method, url=request.url, headers=headers, body=request.body)


def soap(**fields: str) -> Request:
    inner = "".join(f'<{name} i:type="x:string">{value}</{name}>' for name, value in fields.items())
    return Request(
        method="POST",
        url=f"{URL}/sendsms/wsdl/server.php",
        headers={"Content-Type": "text/xml; charset=utf-8"},
        body=ENVELOPE.format(inner).encode(),
    )


def read_request(
    request: Request, notes: list[str] | None = None
) -> ReceivedCall | Response | None:
    kept: list[str] = [] if notes is None else notes
    return read(sample_backend(), request, [TOKEN], kept.append)


def received_call(request: Request, notes: list[str] | None = None) -> ReceivedCall:
    kept: list[str] = [] if notes is None else notes
    return received(sample_backend(), request, [TOKEN], kept.append)


CALLS = {
    "rest": rest(**FIELDS, **KEY),
    "soap": soap(**FIELDS, **KEY),
    "oauth": bearing(rest(**FIELDS), TOKEN),
}


@each("name", CALLS)
def test_a_good_call_is_seen_whole_over_its_own_protocol(name: str) -> None:
    call = received_call(CALLS[name])
    assert call.protocol.name == name
    assert call.operation == "send"
    assert call.protocol.table is sample_backend().protocols[name]
    assert call.table is call.protocol.table.send
    assert call.known
    assert call.fields == FIELDS
    assert call.message is not None
    assert call.message.recipient == NUMBER
    assert call.message.text == "Hello"
    assert call.message.channels == {Channel.SMS}


@each("name", CALLS)
def test_a_good_call_needs_no_leniency(name: str) -> None:
    notes: list[str] = []
    received_call(CALLS[name], notes)
    assert notes == []


@each(
    ("request_", "name"),
    [
        (rest(**FIELDS, apikey="other-key"), "rest"),
        (rest(**FIELDS, apikey=""), "rest"),
        (rest(**FIELDS), "rest"),
        (soap(**FIELDS, apikey="other-key"), "soap"),
        (soap(**FIELDS), "soap"),
        (bearing(rest(**FIELDS), "other"), "oauth"),
        (bearing(rest(**FIELDS), ""), "oauth"),
        (bearing(rest(**FIELDS, apikey="other-key"), "other"), "rest"),
    ],
)
def test_wrong_credentials_are_seen_over_the_protocol_that_was_tried(
    request_: Request, name: str
) -> None:
    call = received_call(request_)
    assert call.protocol.name == name
    assert not call.known
    assert call.message is not None


def test_a_header_of_another_scheme_is_no_token() -> None:
    request = rest(**FIELDS)
    headers = {**request.headers, "Authorization": f"Basic {TOKEN}"}
    call = received_call(
        Request(method="POST", url=request.url, headers=headers, body=request.body)
    )
    assert call.protocol.name == "rest"
    assert not call.known


@each(
    "wrong",
    [
        {"recipients": ""},
        {"recipients": "12025550123"},
        {"recipients": "+1202"},
        {"recipients": "+12025550123,+12025550124"},
        {"message": ""},
        {"message": " \n"},
    ],
)
@each("name", ["rest", "soap"])
def test_a_message_that_the_provider_would_refuse_is_none(name: str, wrong: dict[str, str]) -> None:
    build = {"rest": rest, "soap": soap}[name]
    call = received_call(build(**{**FIELDS, **KEY, **wrong}))
    assert call.message is None
    assert call.known


def test_the_fields_of_a_call_are_without_those_that_say_who_calls() -> None:
    call = received_call(rest(**FIELDS, **KEY, extra="1"))
    assert call.fields == {**FIELDS, "extra": "1"}
    assert call.own == {"apikey"}


@each(
    "request_",
    [
        rest("/other/"),
        rest("/"),
        rest("/sendsms/more"),
        rest(method="PUT", **FIELDS, **KEY),
        rest(method="DELETE", **FIELDS, **KEY),
        Request(method="GET", url=f"{URL}/sendsms/wsdl/server.php"),
        Request(method="POST", url=f"{URL}/sendsms/wsdl/other.php", body=b"<x/>"),
    ],
)
def test_a_request_that_is_for_no_protocol_is_none(request_: Request) -> None:
    assert read_request(request_) is None


@each(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"null", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b"1" * 10_000, "application/json", 400),
        (b"message=\xff", FORM, 400),
    ],
)
def test_an_unreadable_call_of_rest_is_refused_with_its_status_and_noted(
    body: bytes, kind: str, status: int
) -> None:
    notes: list[str] = []
    request = Request(
        method="POST", url=f"{URL}/sendsms/", headers={"Content-Type": kind}, body=body
    )
    answer = read_request(request, notes)
    assert isinstance(answer, Response)
    assert answer.status == status
    assert json.loads(answer.body)["error"] == 400
    assert len(notes) == 1
    assert notes[0].startswith("refused: ")


@each(
    "body",
    [
        b"",
        b"not XML",
        b"<html/>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        ENVELOPE.format("<a>" * 50 + "</a>" * 50).encode(),
        ENVELOPE.format("<a/>" * 6000).encode(),
        ENVELOPE.format('<message href="#nowhere"/>').encode(),
        ENVELOPE.format("").encode()[:-20],
        ENVELOPE.encode("utf-32"),
        b"\xff\xfe\x00",
        ENVELOPE.replace("n:sendSms", "n:other").format("").encode(),
    ],
)
def test_an_unreadable_call_of_soap_is_refused_with_a_fault_and_noted(body: bytes) -> None:
    notes: list[str] = []
    answer = read_request(
        Request(method="POST", url=f"{URL}/sendsms/wsdl/server.php", body=body),
        notes,
    )
    assert isinstance(answer, Response)
    assert answer.status == 500
    assert b"<faultcode>SOAP-ENV:Client</faultcode>" in answer.body
    assert b"passwd" not in answer.body
    assert any(note.startswith("refused: ") for note in notes)


@each(
    ("request_", "note"),
    [
        (rest(method="GET", **FIELDS, **KEY), "GET instead of POST"),
        (rest("/sendsms", **FIELDS, **KEY), "a path with or without its trailing slash"),
        (
            Request(
                method="POST",
                url=f"{URL}/sendsms/",
                headers={"Content-Type": "application/json"},
                body=json.dumps({**FIELDS, **KEY}).encode(),
            ),
            "JSON instead of a form",
        ),
    ],
)
def test_a_leniency_is_noted_once_though_two_protocols_read_the_request(
    request_: Request, note: str
) -> None:
    notes: list[str] = []
    assert received_call(request_, notes).known
    assert notes == [note]


def test_query_and_form_are_read_together() -> None:
    request = rest(f"/sendsms/?{urlencode(KEY)}", **FIELDS)
    assert received_call(request).known
    assert received_call(request).fields == FIELDS


def acme(fields: Any, user: str = "test-user") -> ReceivedCall:
    backend = Acme(user="test-user", password=Secret("test-password"))
    credentials = base64.b64encode(f"{user}:test-password".encode()).decode()
    request = Request(
        method="POST",
        url="https://api.acme.example/v1/messages",
        headers={"Content-Type": "application/json", "Authorization": f"Basic {credentials}"},
        body=json.dumps(fields).encode(),
    )
    return received(backend, request)


SENT = {"message": {"destination": {"number": NUMBER}, "content": {"body": "Hello"}}}


def test_another_provider_is_seen_by_its_own_table() -> None:
    call = acme(SENT)
    assert (call.protocol.name, call.operation, call.known) == ("rest", "send", True)
    assert call.fields == SENT
    assert call.own == frozenset()
    assert call.message is not None
    assert (call.message.recipient, call.message.text) == (NUMBER, "Hello")


def test_another_user_is_not_known_to_another_provider() -> None:
    assert not acme(SENT, "other-user").known


@each("fields", [{}, {"message": {}}, {"message": "Hello"}, {"message": None}])
def test_fields_of_another_shape_are_no_message(fields: Any) -> None:
    assert acme(fields).message is None


# The values of a call, by our names


def asked(path: str, method: str = "GET", **fields: str) -> ReceivedCall:
    query = urlencode({**fields, **KEY})
    return received_call(Request(method=method, url=f"{URL}{path}?{query}"))


@each("name", CALLS)
def test_the_values_of_a_send_are_those_of_its_message(name: str) -> None:
    values = received_call(CALLS[name]).values
    assert (values["recipient"], values["text"]) == (NUMBER, "Hello")


@each(
    ("fields", "values"),
    [
        ({"guid_message": "g-1"}, {"id": "g-1"}),
        ({}, {}),
        ({"before": "1795385478"}, {"before": "1795385478"}),
        ({"before": "g-1"}, {"before": "g-1"}),
        ({"error_api": "1"}, {"failed": "request"}),
        ({"error_mobile": "1"}, {"failed": "phone"}),
        ({"error_api": "0"}, {}),
        ({"error_api": ""}, {}),
        ({"keyword": "Hello"}, {"keyword": "Hello"}),
        ({"keyword": "12025550123"}, {"keyword": "12025550123"}),
        ({"colour": "blue"}, {}),
    ],
)
def test_the_values_of_a_question_about_the_log_are_by_our_names(
    fields: dict[str, str], values: dict[str, str]
) -> None:
    assert asked("/log/sent/sms/", **fields).values == values


def test_the_log_is_asked_for_one_message_or_for_all() -> None:
    assert asked("/log/sent/sms/", guid_message="g-1").operation == "status"
    assert asked("/log/sent/sms/").operation == "sent"


def test_the_values_of_what_came_in_are_by_our_names() -> None:
    found = asked("/getsms/", after_timestamp_unix="17", sIdentifiantPhone="p-1", onlyunread="yes")
    assert found.operation == "received"
    assert found.values == {"after": "17", "device": "p-1", "unread": "true"}
    assert asked("/getsms/", onlyunread="no").values == {}


def test_the_values_of_a_command_are_by_our_names() -> None:
    again = asked("/resend/", "POST", guid="g-1")
    assert (again.operation, again.values) == ("resend", {"id": "g-1"})
    gone = asked("/deletesms/", date_start="2026-11-20", date_end="2026-11-22")
    assert gone.operation == "delete"
    assert gone.values == {"first": "2026-11-20", "last": "2026-11-22"}
    assert asked("/deletesms/", guid_message="g-1").values == {"id": "g-1"}


def headed(path: str, method: str = "POST", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method=method, url=path, headers=named)


@each(
    ("head", "sending"),
    [
        (headed("/sendsms/"), True),
        (headed("/sendsms/?recipients=1", method="GET"), True),
        (headed("/sendsms/", content_type="application/json"), True),
        (headed("/sendsms/wsdl/server.php", soapaction='"urn:sendsms#sendSms"'), True),
        (headed("/sendsms/wsdl/server.php", soapaction='"urn:sendsms#other"'), True),
        (headed("/sendsms/wsdl/server.php", method="GET"), False),
        (headed("/sendsms/wsdl/sendsms.wsdl", method="GET"), False),
        (headed("/oauth2/token"), False),
        (headed("/log/sent/sms/", method="GET"), False),
        (headed("/getsms/", method="GET"), False),
        (headed("/elsewhere"), False),
    ],
)
def test_by_its_head_alone_a_request_sends_or_does_not(head: Request, *, sending: bool) -> None:
    assert is_sending(provider_protocols(sample_backend()), head) == sending


def test_with_its_body_a_request_sends_or_does_not() -> None:
    assert is_sending(provider_protocols(sample_backend()), soap(**FIELDS))
    assert is_sending(provider_protocols(sample_backend()), rest(**FIELDS))


def test_a_backend_without_tables_sends_nothing() -> None:
    source = Path(__file__).parents[1] / "wires" / "captured-against.wsdl"
    backend = wsdl_backend(wsdl_source(str(source)))
    assert not is_sending(provider_protocols(backend), headed("/sendsms/wsdl/server.php"))


# How often a WSDL is read


def mock(wsdl: Path) -> Provider:
    return Provider(replace(sample_backend(), wsdl=str(wsdl)))


def test_a_wsdl_is_read_once_for_all_requests(tmp_path: Path) -> None:
    path = tmp_path / "sendsms.wsdl"
    path.write_bytes(read_bundled("smsbridge.wsdl:sendsms.wsdl")[0])
    provider = mock(path)
    for _ in range(3):
        answer = provider.handle(soap(**FIELDS, **KEY))
        assert isinstance(answer, Response)
        assert answer.status == 200
        path.unlink(missing_ok=True)
    assert len(provider.messages) == 3


@each("fault", [None, "never-reads", "silence", "wsdl-gone"])
def test_a_rest_call_reads_no_wsdl(fault: str | None, tmp_path: Path) -> None:
    provider = mock(tmp_path / "missing.wsdl")
    provider.fault = fault
    query = urlencode(KEY)
    for request in (rest(**FIELDS, **KEY), Request(method="GET", url=f"{URL}/getsms/?{query}")):
        provider.early(request)
        provider.handle(request)
    with pytest.raises(ConfigError, match="missing"):
        provider.handle(soap(**FIELDS, **KEY))


def test_a_get_of_a_route_that_asks_for_the_wsdl_reads_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        mock(tmp_path / "missing.wsdl").handle(Request(method="GET", url=f"{URL}/getsms/?wsdl"))


def test_a_rest_call_needs_no_library_of_soap() -> None:
    script = """
import sys
from smsbridge.http.exchange import Request
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
body = b"recipients=%2B12025550123&message=Hello&apikey=test-key"
request = Request(method="POST", url="https://api.smsmobileapi.com/sendsms/", body=body)
provider = Provider(sample_backend())
print(provider.handle(request).status, len(provider.messages))
print([name for name in ("zeep", "lxml") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["200 1", "[]"]


# Refused by its head


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_target_that_is_no_url_is_refused_in_json(method: str) -> None:
    head = Request(method=method, url="http://[/")
    refused = refuse(provider_protocols(sample_backend()), head, 400, "no URL")
    assert (refused.status, json.loads(refused.body)["message"]) == (400, "no URL")


EACH = ["+12025550123", "+447700900123"]


@each(
    ("to", "body", "sent"),
    [
        ('{ to = "{recipients}" }', "json", json.dumps({"to": EACH})),
        ('{ to = "{recipients|digits|number}" }', "json", '{"to": [12025550123, 447700900123]}'),
        ('{ to = "{recipients}" }', "form", urlencode({"to": ",".join(EACH)})),
        ('{ "to[]" = "{recipients}" }', "form", urlencode({"to[]": EACH}, doseq=True)),
        (
            '{ "to[]" = "{recipients}" }',
            "form",
            urlencode({f"to[{number}]": one for number, one in enumerate(EACH)}),
        ),
        ('{ to = "tel:{recipients|digits};" }', "form", "to=tel:12025550123,447700900123;"),
        ('{ "m.to" = "{recipients}" }', "xml", f"<m><to>{EACH[0]}</to><to>{EACH[1]}</to></m>"),
        (
            '{ m = "<m><to>{recipients}</to><x>{text|xml}</x></m>" }',
            "form",
            urlencode({"m": f"<m><to>{','.join(EACH)}</to><x>Hi</x></m>"}),
        ),
    ],
)
def test_a_call_to_several_recipients_is_a_message_to_each(to: str, body: str, sent: str) -> None:
    send = SEND_TO_EACH.replace('{ to = "{recipients}", body = "{text}" }', to)
    send = send.replace("POST /sms", "POST /sms?text={text}")
    request = Request(
        method="POST",
        url="https://gate.example/sms?text=Hi",
        headers={"Content-Type": {"json": JSON, "form": FORM, "xml": XML}[body]},
        body=sent.encode(),
    )
    call = received(block(f'body = "{body}"\n{send}'), request)
    assert [one.recipient for one in call.messages] == EACH
    assert {one.text for one in call.messages} == {"Hi"}
    assert call.values["recipients"].count(",") == 1


@each(
    ("to", "body", "sent"),
    [
        ('{ to = "{recipients}" }', "form", urlencode({"to": f"{EACH[0]},,{EACH[1]}, "})),
        ('{ to = "{recipients}" }', "json", json.dumps({"to": [*EACH, "", None]})),
        ('{ "to[]" = "{recipients}" }', "form", urlencode({"to[]": [*EACH, ""]}, doseq=True)),
        ('{ "to[]" = "{recipient}" }', "form", urlencode({"to[]": ["", EACH[0]]}, doseq=True)),
        ('{ "to[]" = "{recipient}" }', "form", urlencode({"to[0]": EACH[0]})),
    ],
)
def test_an_empty_item_of_a_list_is_no_recipient(to: str, body: str, sent: str) -> None:
    send = SEND_TO_EACH.replace('{ to = "{recipients}", body = "{text}" }', to)
    send = send.replace("POST /sms", "POST /sms?text={text}")
    if "recipients" not in to:
        send = send.replace('most = 3\nrows = "messages"\nrow = { recipient = "to" }\n', "")
    request = Request(
        method="POST",
        url="https://gate.example/sms?text=Hi",
        headers={"Content-Type": {"json": JSON, "form": FORM}[body]},
        body=sent.encode(),
    )
    call = received(block(f'body = "{body}"\n{send}'), request)
    assert [one.recipient for one in call.messages] == EACH[: to.count("s") + 1]


def test_a_number_that_is_given_twice_is_one_message_and_noted() -> None:
    notes: list[str] = []
    body = json.dumps({"to": [EACH[0], EACH[0][1:], EACH[1]], "body": "Hi"}).encode()
    headers, url = {"Content-Type": JSON}, "https://gate.example/sms"
    request = Request(method="POST", url=url, headers=headers, body=body)
    call = received(block(SEND_TO_EACH), request, (), notes.append)
    assert [one.recipient for one in call.messages] == EACH
    assert notes == ["a number that is given twice"]


@each("to", ['["12"]', '["+12025550123", "12"]', "[]", '""', "{}", "7"])
def test_several_recipients_of_which_one_is_no_number_are_no_message(to: str) -> None:
    body = f'{{"to": {to}, "body": "Hi"}}'.encode()
    headers = {"Content-Type": JSON}
    url = "https://gate.example/sms"
    call = received(
        block(SEND_TO_EACH), Request(method="POST", url=url, headers=headers, body=body)
    )
    assert (call.messages, call.others) == ((), ())
    assert call.trouble
