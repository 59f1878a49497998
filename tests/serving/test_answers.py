"""What a mock answers, made from a table: over REST and over SOAP."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import Reason
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import SoapFault
from smsbridge.serving.answers import AnswerWriter, merge, word_of
from smsbridge.serving.example_answers import ExampleAnswer, ExampleAnswers
from smsbridge.serving.rest import ProviderRest
from smsbridge.serving.soap import ProviderSoap

from support.blocks import GATE
from support.each import each

OLDCORP = GATE.parents[2] / "docs/examples/oldcorp.wsdl"
POST = Request(method="POST", url="https://gate.example/soap")
REST = AnswerWriter(ProviderRest(Rest(), Site(url="https://gate.example")), POST, "POST /soap")
SITE = Site(url="", wsdl=str(GATE))
CODEC = Soap(port="Gate11")
SOAP = AnswerWriter(ProviderSoap(CODEC, SITE), POST, "Submit")

REJECTED = {
    "result.code": {"*": Reason.OTHER, "12": Reason.RECIPIENT, "40": Reason.AUTHENTICATION},
    "result.state": {"BROKE": Reason.QUOTA},
}


def words(response: Response) -> Any:
    return json.loads(response.body)


def read(response: Response, call: str = "Submit") -> Any:
    return CODEC.decode(SITE, Session(), call, response)


def test_words_stand_at_their_paths() -> None:
    response = REST.answer({"a.b": "1", "a.c[1].d": 2, "e": True})
    assert words(response) == {"a": {"b": "1", "c": [None, {"d": 2}]}, "e": True}


def test_a_status_of_the_table_is_that_of_the_answer() -> None:
    response = REST.refusal({"#status": {"402": Reason.QUOTA}}, (Reason.QUOTA,))
    assert (response.status, words(response)) == (402, {})


def test_a_refusal_has_the_word_and_the_status_of_its_reason() -> None:
    rejected = {
        "#status": {"403": Reason.QUOTA, "401": Reason.AUTHENTICATION},
        "code": {"7": Reason.AUTHENTICATION},
    }
    response = REST.refusal(rejected, (Reason.AUTHENTICATION,))
    assert (response.status, words(response)) == (401, {"code": "7"})


def test_a_refusal_has_the_status_and_the_number_that_were_seen() -> None:
    examples = ExampleAnswers((ExampleAnswer({"code": 7}, 401, Reason.AUTHENTICATION),))
    writer = replace(REST, examples=examples)
    response = writer.refusal({"code": {"7": Reason.AUTHENTICATION}}, (Reason.AUTHENTICATION,))
    assert (response.status, words(response)) == (401, {"code": 7})


def test_over_soap_they_are_laid_over_a_valid_sample() -> None:
    said = read(SOAP.answer({"result.code": "0"}))
    assert said["result"]["code"] == "0"
    assert {"id", "state"} <= said["result"].keys()


def test_rows_are_laid_over_the_sample_of_a_row() -> None:
    writer = AnswerWriter(ProviderSoap(CODEC, SITE), POST, "Inbox")
    said = read(writer.answer({"row[0].id": "7", "row[1].id": "8"}), "Inbox")
    assert [row["id"] for row in said["row"]] == ["7", "8"]
    assert all("text" in row for row in said["row"])


def test_a_word_of_a_fault_makes_a_fault() -> None:
    response = SOAP.answer({"fault.string": "NO_CREDIT", "fault.code": "Server"})
    assert response.status == 500
    said = read(response)
    assert isinstance(said, SoapFault)
    assert (said["fault"]["code"], said["fault"]["string"]) == ("Server", "NO_CREDIT")


@each(
    ("given", "code", "string"),
    [({"fault.string": "x"}, "Client", "x"), ({"fault.code": "Server"}, "Server", "refused")],
)
def test_a_fault_that_is_half_said_is_a_clients_that_was_refused(
    given: dict[str, str], code: str, string: str
) -> None:
    said = read(SOAP.answer(given))
    assert (said["fault"]["code"], said["fault"]["string"]) == (code, string)


def test_a_word_in_a_faults_detail_is_told_too() -> None:
    site = Site(url="", wsdl=str(OLDCORP))
    writer = AnswerWriter(ProviderSoap(Soap(), site), POST, "SubmitShortMessage")
    response = writer.answer({"fault.detail.MessagingFault.reason": "NO_CREDIT"})
    said = Soap().decode(site, Session(), "SubmitShortMessage", response)
    assert said["fault"]["detail"]["MessagingFault"]["reason"] == "NO_CREDIT"


@each(
    ("reasons", "path", "word"),
    [
        ((Reason.RECIPIENT,), "code", "12"),
        ((Reason.AUTHENTICATION,), "code", "40"),
        ((Reason.QUOTA,), "state", "BROKE"),
        ((Reason.CONTENT, Reason.QUOTA), "state", "BROKE"),
        ((Reason.RECIPIENT, Reason.QUOTA), "code", "12"),
    ],
)
def test_a_refusal_is_the_first_word_that_means_one_of_the_reasons(
    reasons: tuple[Reason, ...], path: str, word: str
) -> None:
    assert words(REST.refusal(REJECTED, reasons)) == {"result": {path: word}}
    assert read(SOAP.refusal(REJECTED, reasons))["result"][path] == word


@each("reason", [Reason.SENDER, Reason.OTHER])
def test_a_reason_without_a_word_of_its_own_is_refused_in_the_codecs_way(reason: Reason) -> None:
    assert REST.refusal(REJECTED, (reason,)) == REST.codec.deny(POST, reason)
    assert read(SOAP.refusal(REJECTED, (reason,)))["fault"]["code"] == "Client"


def test_a_refusal_by_a_fault_is_one() -> None:
    by_fault = {"fault.string": {"NO_CREDIT": Reason.QUOTA}}
    assert read(SOAP.refusal(by_fault, (Reason.QUOTA,)))["fault"]["string"] == "NO_CREDIT"


@each(
    ("tree", "over", "wanted"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": [{"b": 1, "c": 2}]}, {"a": {"c": 3}}, {"a": [{"b": 1, "c": 3}]}),
        ({"a": {"b": 1}}, {"a": [{"c": 2}, {"c": 3}]}, {"a": [{"b": 1, "c": 2}, {"b": 1, "c": 3}]}),
        ({"a": []}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": "x"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": "x"}, {"a": "x"}),
        ({"a": 1}, {"a": None}, {"a": None}),
    ],
)
def test_words_are_laid_over_words(tree: Any, over: Any, wanted: Any) -> None:
    assert merge(tree, over) == wanted


@each(
    ("marker", "word"), [("0", "0"), ("*", "sample"), ("/[0-9]+/", "sample"), ("/", "/"), ("", "")]
)
def test_a_marker_that_takes_many_words_takes_the_sample(marker: str, word: str) -> None:
    assert word_of(marker, "sample") == word
