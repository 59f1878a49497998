"""An answer is made faulty as its fault says, in the protocol that was asked over."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.operation import Operation
from smsbridge.mapping.words import When
from smsbridge.testing.faults.responses import (
    FaultContext,
    fault_context,
    faulty_response,
    faulty_token_response,
    faulty_wsdl,
)
from smsbridge.testing.faults.table import FAULTS, Fault, fault
from smsbridge.testing.mock.default import sample_backend

from support.each import each
from support.received import received
from support.sending import said

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
GOOD = {"result": {"error": 0, "sent": "1", "id": "c319d3b3"}}
TOKEN = Response(status=200, body=b'{"access_token": "t", "token_type": "Bearer", "expires_in": 9}')
JSON = {"Content-Type": "application/json"}
ANSWERS = [Fault(name, way) for name, e in FAULTS.items() if e.place == "answer" for way in e.ways]
FORM = b"recipients=%2B12025550123&message=Hello&apikey=test-key"
ENVELOPE = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b'<n:sendSms xmlns:n="urn:sendsms"><recipients>+12025550123</recipients>'
    b"<message>Hello</message><apikey>test-key</apikey></n:sendSms></s:Body></s:Envelope>"
)


def at(protocol: str) -> FaultContext:
    """Return a send to our own backend and its good answer."""
    backend = sample_backend()
    path, body = "/sendsms/", FORM
    if protocol == "soap":
        path, body = "/sendsms/wsdl/server.php", ENVELOPE
    url = f"https://sms.example{path}"
    request = Request(method="POST", url=url, body=body)
    kind = "text/xml" if protocol == "soap" else "application/json"
    good = Response(status=200, headers={"Content-Type": kind}, body=said(protocol, GOOD).encode())
    return fault_context(backend, request, received(backend, request), good, NOW)


def words(answer: Response, place: FaultContext) -> Any:
    return place.codec.decode(place.site, Session(), place.table.call, answer)


@each("protocol", ["rest", "soap"])
@each("broken", [f for f in ANSWERS if f.way.isdigit() and f.way != "202"])
def test_a_way_that_is_a_number_is_the_status(broken: Fault, protocol: str) -> None:
    answer = faulty_response(broken, at(protocol))
    assert answer.status == int(broken.way)
    if broken.way in {"204", "304"}:
        assert answer.body == b""
    else:
        assert json.loads(answer.body)["error"] == int(broken.way)


@each("word", ["redirect-keep", "redirect-see-other"])
def test_a_redirect_leads_to_where_a_client_that_follows_is_seen(word: str) -> None:
    assert (
        faulty_response(fault(word), at("rest")).header("location")
        == "https://sms.example/elsewhere"
    )


@each("word", ["too-many", "unavailable"])
def test_a_wait_is_told_in_seconds_or_as_a_date(word: str) -> None:
    waits = {
        way: faulty_response(Fault(word, way), at("rest")).header("retry-after")
        for way in ("date",)
    }
    assert parsedate_to_datetime(waits["date"]) == NOW + timedelta(seconds=900)
    assert faulty_response(fault(f"{word}:seconds"), at("rest")).header("retry-after") == "7"
    assert faulty_response(fault(f"{word}:far"), at("rest")).header("retry-after") == "999999"
    assert faulty_response(fault("too-many:none"), at("rest")).header("retry-after") == ""


@each("protocol", ["rest", "soap"])
def test_a_bomb_is_small_and_bad_gzip_is_none(protocol: str) -> None:
    bomb = faulty_response(fault("gzip-bomb"), at(protocol))
    assert len(bomb.body) < 100_000 < len(gzip.decompress(bomb.body)) // 100
    assert bomb.header("content-encoding") == "gzip"
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(faulty_response(fault("bad-gzip"), at(protocol)).body)


@each("protocol", ["rest", "soap"])
@each("word", ["bad-json:cut", "html", "bad-soap:cut", "bad-soap:doctype"])
def test_what_is_cut_or_no_answer_can_t_be_read(word: str, protocol: str) -> None:
    place = at(protocol)
    with pytest.raises(Unreadable):
        words(faulty_response(fault(word), place), place)


@each("way", ["cut", "foreign", "empty", "doctype"])
def test_an_envelope_is_spoilt_in_each_way(way: str) -> None:
    place = at("soap")
    answer = faulty_response(Fault("bad-soap", way), place)
    assert answer.body != place.good.body
    with pytest.raises(Unreadable):
        words(answer, place)


def test_a_doctype_stands_after_the_declaration_of_xml() -> None:
    place = at("soap")
    declared = Response(status=200, body=b"<?xml version='1.0'?><x/>")
    told = replace(place, good=declared)
    assert (
        faulty_response(fault("bad-soap:doctype"), told).body
        == b"<?xml version='1.0'?><!DOCTYPE x><x/>"
    )


@each("protocol", ["rest", "soap"])
def test_another_shape_can_be_read_and_says_nothing(protocol: str) -> None:
    place = at(protocol)
    assert words(faulty_response(fault("bad-json:shape"), place), place) == {"unheard-of": []}


@each("protocol", ["rest", "soap"])
@each(("way", "code"), [("known", "subscription_expire"), ("unheard-of", "e-4711")])
def test_a_providers_error_is_in_its_own_words(way: str, code: str, protocol: str) -> None:
    place = at(protocol)
    answer = faulty_response(Fault("provider-error", way), place)
    assert answer.status == 200
    assert words(answer, place)["result"]["error"] == code


@each(
    ("word", "code"),
    [
        ("fault-client:client", "Client"),
        ("fault-client:version-mismatch", "VersionMismatch"),
        ("fault-client:must-understand", "MustUnderstand"),
        ("fault-server:fault", "Server"),
    ],
)
def test_a_fault_has_its_code_over_soap(word: str, code: str) -> None:
    place = at("soap")
    answer = faulty_response(fault(word), place)
    assert answer.status == 500
    assert words(answer, place)["fault"]["code"] == code


def test_a_fault_over_rest_is_a_status() -> None:
    assert faulty_response(fault("fault-client"), at("rest")).status == 400
    assert faulty_response(fault("fault-server"), at("rest")).status == 500
    assert (
        faulty_response(fault("fault-server:bare"), at("soap")).header("content-type")
        == "application/json"
    )


@each("protocol", ["rest", "soap"])
def test_an_odd_success_is_one(protocol: str) -> None:
    place = at(protocol)
    assert faulty_response(fault("odd-success:202"), place).status == 202
    text = words(faulty_response(fault("odd-success:text"), place), place)
    assert text["result"]["error"] == "0"
    bare = words(faulty_response(fault("odd-success:no-id"), place), place)
    assert (bare["result"]["error"], "id" in bare["result"]) == (0, False)


def test_an_odd_success_has_a_boolean_as_the_word_that_a_table_names() -> None:
    sent, place = When({"all[0].sent": "true"}), at("rest")
    marked = Operation("POST /sendsms/", {}, accepted=sent)
    good = Response(status=200, headers=JSON, body=b'{"all": [{"sent": true}]}')
    place = replace(place, table=marked, good=good)
    text = words(faulty_response(fault("odd-success:text"), place), place)
    assert text == {"all": [{"sent": "true"}]}


def test_an_answer_that_can_t_be_read_is_as_odd_as_it_is() -> None:
    place = at("rest")
    odd = replace(place, good=Response(status=200, body=b"no JSON"))
    assert faulty_response(fault("odd-success:text"), odd) is odd.good


@each("broken", ANSWERS)
def test_each_can_be_made_of_a_request_that_calls_nothing(broken: Fault) -> None:
    request = Request(method="POST", url="https://sms.example/oauth2/token")
    nothing = fault_context(sample_backend(), request, None, TOKEN, NOW)
    assert isinstance(faulty_response(broken, nothing), Response)


@each(
    ("word", "status", "document"),
    [
        ("token-refused:invalid-client", 401, {"error": "invalid_client"}),
        ("token-refused:unauthorized-client", 400, {"error": "unauthorized_client"}),
        ("token-down:empty", 200, {}),
        ("odd-expiry:zero", 200, {"access_token": "t", "token_type": "Bearer", "expires_in": 0}),
        ("odd-expiry:missing", 200, {"access_token": "t", "token_type": "Bearer"}),
    ],
)
def test_a_token_call_is_answered_as_its_fault_says(
    word: str, status: int, document: dict[str, Any]
) -> None:
    answer = faulty_token_response(fault(word), TOKEN)
    assert isinstance(answer, Response)
    assert (answer.status, json.loads(answer.body)) == (status, document)


def test_a_token_call_may_be_broken_or_slow() -> None:
    assert faulty_token_response(fault("token-down:silence"), TOKEN) == Fault("silence")
    slow = faulty_token_response(fault("token-race"), TOKEN)
    assert isinstance(slow, Fault)
    assert slow.answer is TOKEN


@each("word", ["token-refused", "odd-expiry", "token-race"])
def test_a_token_call_that_is_refused_anyway_stays_so(word: str) -> None:
    refused = Response(status=401)
    assert faulty_token_response(fault(word), refused) is refused


def test_what_is_no_fault_of_it_leaves_a_token_call_and_a_wsdl_alone() -> None:
    assert faulty_token_response(fault("silence"), TOKEN) is TOKEN
    assert faulty_wsdl(fault("silence"), TOKEN) is TOKEN


def test_a_wsdl_is_gone_a_page_or_changed() -> None:
    wsdl = Response(status=200, body=b'<operation name="sendSms"/><w:operation x="1" name="a"/>')
    assert faulty_wsdl(fault("wsdl-gone"), wsdl).status == 404
    assert b"<p>" in faulty_wsdl(fault("wsdl-gone:page"), wsdl).body
    changed = b'<operation name="othersendSms"/><w:operation x="1" name="othera"/>'
    assert faulty_wsdl(fault("wsdl-gone:changed"), wsdl).body == changed


def test_a_login_that_answers_in_xml_has_no_expiry_to_be_odd() -> None:
    good = Response(status=200, headers={"Content-Type": "text/xml"}, body=ENVELOPE)
    for way in FAULTS["odd-expiry"].ways:
        assert faulty_token_response(Fault("odd-expiry", way), good) == good
