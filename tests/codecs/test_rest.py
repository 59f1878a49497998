"""REST on the wire: forms and JSON out, JSON back, and the provider's side of both."""

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.codecs.answer_format import parse_json
from smsbridge.codecs.rest import FORM, JSON, Rest
from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.http.address import Site
from smsbridge.http.exchange import Response, Session
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.path import nest
from smsbridge.serving.codec import Call

from support.each import each
from support.rest_calls import ROUTE, SITE, asked, decoded, encoded, read

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


# Requests


def test_a_form_percent_encodes_the_plus_of_a_number() -> None:
    request = encoded({"recipients": "+12025550123", "message": "1 + 1 & <é> 😀\n"})
    assert request.body == (
        b"recipients=%2B12025550123&message=1+%2B+1+%26+%3C%C3%A9%3E+%F0%9F%98%80%0A"
    )
    assert request.header("content-type") == FORM
    assert request.header("accept") == JSON


def test_several_words_have_commas_in_a_form_or_are_given_one_by_one_where_its_name_says_so() -> (
    None
):
    request = encoded({"to": ["1", "2"], "each[]": ["1", "2"]})
    assert request.body == b"to=1%2C2&each%5B%5D=1&each%5B%5D=2"
    asked_for = encoded({"each[]": ["1", "2"]}, route="GET /send")
    assert asked_for.query == "each%5B%5D=1&each%5B%5D=2"


def test_several_words_are_a_list_in_json_and_an_element_each_in_xml() -> None:
    fields = {"m.to": ["1", "2&3"], "m.text": "Hi"}
    assert encoded(fields, body="json").body == b'{"m": {"to": ["1", "2&3"], "text": "Hi"}}'
    xml = encoded(fields, body="xml").body
    assert xml.endswith(b"<m><to>1</to><to>2&amp;3</to><text>Hi</text></m>")
    with pytest.raises(InvalidMessage, match=r"m\.to has U\+0001"):
        encoded({"m.to": ["1", "\x01"]}, body="xml")


def test_the_route_gives_method_and_path_with_its_slash() -> None:
    request = encoded()
    assert (request.method, request.url) == ("POST", "https://api.smsmobileapi.com/sendsms/")
    assert encoded(route="PUT /v1/messages").method == "PUT"
    assert request.query == ""


@each("url", ["https://sms.example/base", "https://sms.example/base/"])
def test_the_route_is_appended_to_the_base_of_the_config(url: str) -> None:
    assert encoded(site=Site(url=url)).url == "https://sms.example/base/sendsms/"


def test_credentials_never_go_to_a_host_without_tls() -> None:
    with pytest.raises(ConfigError, match="without TLS"):
        encoded(site=Site(url="http://sms.example"))


def test_json_nests_dotted_paths() -> None:
    fields = {
        "message.destination.number": "+12025550123",
        "message.content.body": "hé 😀",
        "reference": "r-1",
    }
    request = encoded(fields, "json")
    assert json.loads(request.body) == {
        "message": {"destination": {"number": "+12025550123"}, "content": {"body": "hé 😀"}},
        "reference": "r-1",
    }
    assert request.header("content-type") == JSON


def test_nesting_keeps_the_order_and_the_values() -> None:
    assert nest({"a.b": 1, "c": None, "a.d": [2]}) == {"a": {"b": 1, "d": [2]}, "c": None}
    assert list(nest({"b": 1, "a.c": 2})) == ["b", "a"]
    assert nest({}) == {}


@given(st.dictionaries(st.text("abcdef", min_size=1), TEXT, max_size=5))
def test_any_text_arrives_unchanged_by_form_and_by_json(fields: dict[str, str]) -> None:
    form = encoded(fields)
    assert dict(parse_qsl(form.body.decode("ascii"), keep_blank_values=True)) == fields
    assert read(form) == (Call(name=ROUTE, fields=fields), [])
    assert read(encoded(fields, "json"), "json") == (Call(name=ROUTE, fields=fields), [])


# Answers


def test_an_answer_is_a_json_object() -> None:
    assert decoded('{"result": {"error": 0, "note": "é"}}') == {"result": {"error": 0, "note": "é"}}
    assert decoded(b"\xef\xbb\xbf{}") == {}


def test_numbers_and_words_stay_what_they_are() -> None:
    assert decoded('{"a": 0, "b": "0", "c": 1.5, "d": true, "e": null}') == {
        "a": 0,
        "b": "0",
        "c": 1.5,
        "d": True,
        "e": None,
    }


@each(
    "body",
    [
        b"",
        b" ",
        b"canary",
        b"<html>canary</html>",
        b'{"canary": ',
        b'{"result": {"error": 0}',
        b'{"canary": 1} canary',
        b"{'canary': 1}",
        b'{"canary": 1,}',
        b'"canary \xff"',
        b'{"canary": "\x01"}',
        b"recipients=canary",
    ],
)
def test_what_is_no_json_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable, match="it is not JSON") as refused:
        decoded(body)
    assert "canary" not in str(refused.value)


@each(("charset", "codec"), [("iso-8859-1", "latin-1"), ("utf-16", "utf-16"), ("utf-8", "utf-32")])
def test_the_charset_of_an_answer_and_of_a_request_is_heeded(charset: str, codec: str) -> None:
    kind, body = f"{JSON}; charset={charset}", '{"message": "é"}'.encode(codec)
    answer = Response(status=200, headers={"Content-Type": kind}, body=body)
    assert Rest().decode(SITE, Session(), ROUTE, answer) == {"message": "é"}
    assert read(asked(body, kind), "json")[0].fields == {"message": "é"}


@each(("body", "word"), [('"7f"', "7f"), ("1", 1), ("0.5", 0.5)])
def test_a_text_or_a_number_of_json_is_the_text_of_the_answer(body: str, word: object) -> None:
    assert decoded(body) == {"#text": word}


@each("body", ["true", "null"])
def test_json_that_is_no_object_is_unreadable_and_not_echoed(body: str) -> None:
    with pytest.raises(Unreadable, match="it is JSON, but null, true or false") as refused:
        decoded(body)
    assert "canary" not in str(refused.value)


def test_an_answer_may_be_an_array_under_a_name_that_no_object_has() -> None:
    assert decoded("[]") == {"#list": []}
    assert decoded('[{"a": 1}, 2]') == {"#list": [{"a": 1}, 2]}
    with pytest.raises(Unreadable, match="it is JSON, but not an object"):
        parse_json("[]")


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_unreadable(body: bytes) -> None:
    try:
        answer = decoded(body)
    except Unreadable:
        return
    assert isinstance(answer, dict)


def test_a_text_is_parsed_as_bytes_are() -> None:
    assert parse_json('{"a": 1}') == parse_json(b'{"a": 1}') == {"a": 1}


def test_half_a_surrogate_pair_in_an_answer_can_be_printed_and_kept() -> None:
    found = decoded(r'{"rows": [{"text": "a\ud83d", "x\udc00": ["\ud83d\ude00"]}]}')
    assert found == {"rows": [{"text": "a\ufffd", "x\ufffd": ["😀"]}]}
