"""REST on the wire: forms and JSON out, JSON back, and the provider's side of both."""

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsbridge.codecs.rest import FORM, JSON, Rest, json_response, parse_form, parse_json
from smsbridge.errors import ConfigError
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response, Session, drive
from smsbridge.mapping.codec import Call, Unreadable
from smsbridge.mapping.path import nested

SITE = Site(url="https://api.smsmobileapi.com")
ROUTE = "POST /sendsms/"
FIELDS = {"recipients": "+12025550123", "message": "Hello", "apikey": "test-key"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def nothing(_: Request) -> Response:
    raise AssertionError


def ignore(_: str) -> None:
    """Take no note."""


def encoded(
    fields: Mapping[str, str] = FIELDS,
    body: Literal["form", "json"] = "form",
    site: Site = SITE,
    route: str = ROUTE,
) -> Request:
    return drive(Rest(body=body).encode(site, Session(), route, fields), nothing)


def decoded(body: bytes | str) -> Mapping[str, Any]:
    body = body if isinstance(body, bytes) else body.encode()
    return Rest().decode(SITE, Session(), ROUTE, Response(status=200, body=body))


def read(
    request: Request, body: Literal["form", "json"] = "form", names: tuple[str, ...] = (ROUTE,)
) -> tuple[Call, list[str]]:
    notes: list[str] = []
    call = Rest(body=body).read(SITE, names, request, notes.append)
    assert call is not None
    return call, notes


def asked(
    body: bytes | str = b"", kind: str = FORM, method: str = "POST", target: str = "/sendsms/"
) -> Request:
    return Request(
        method=method,
        url=f"https://api.smsmobileapi.com{target}",
        headers={"Content-Type": kind} if kind else {},
        body=body if isinstance(body, bytes) else body.encode(),
    )


# Requests


def test_a_form_percent_encodes_the_plus_of_a_number() -> None:
    request = encoded({"recipients": "+12025550123", "message": "1 + 1 & <é> 😀\n"})
    assert request.body == (
        b"recipients=%2B12025550123&message=1+%2B+1+%26+%3C%C3%A9%3E+%F0%9F%98%80%0A"
    )
    assert request.header("content-type") == FORM
    assert request.header("accept") == JSON


def test_the_route_gives_method_and_path_with_its_slash() -> None:
    request = encoded()
    assert (request.method, request.url) == ("POST", "https://api.smsmobileapi.com/sendsms/")
    assert encoded(route="PUT /v1/messages").method == "PUT"
    assert request.query == ""


@pytest.mark.parametrize("url", ["https://sms.example/base", "https://sms.example/base/"])
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
    assert nested({"a.b": 1, "c": None, "a.d": [2]}) == {"a": {"b": 1, "d": [2]}, "c": None}
    assert list(nested({"b": 1, "a.c": 2})) == ["b", "a"]
    assert nested({}) == {}


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text("abcdef", min_size=1), TEXT, max_size=5))
def test_any_text_arrives_unchanged_by_form_and_by_json(fields: dict[str, str]) -> None:
    form = encoded(fields)
    assert dict(parse_qsl(form.body.decode("ascii"), keep_blank_values=True)) == fields
    assert read(form) == (Call(name=ROUTE, fields=fields), [])
    assert read(encoded(fields, "json"), "json") == (Call(name=ROUTE, fields=fields), [])


@pytest.mark.parametrize("route", ["GET /log", "POST /sendsms/"])
def test_how_much_an_answer_may_have_is_said_by_the_config(route: str) -> None:
    request = encoded(site=Site(url=SITE.url, answer_limit=2048), route=route)
    assert (request.most, request.most_key) == (2048, "answer_limit")


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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
    ("charset", "codec"), [("iso-8859-1", "latin-1"), ("utf-16", "utf-16"), ("utf-8", "utf-32")]
)
def test_the_charset_of_an_answer_and_of_a_request_is_heeded(charset: str, codec: str) -> None:
    kind, body = f"{JSON}; charset={charset}", '{"message": "é"}'.encode(codec)
    answer = Response(status=200, headers={"Content-Type": kind}, body=body)
    assert Rest().decode(SITE, Session(), ROUTE, answer) == {"message": "é"}
    assert read(asked(body, kind), "json")[0].fields == {"message": "é"}


@pytest.mark.parametrize("body", ['"canary"', "1", "0", "true", "null"])
def test_json_that_is_no_object_is_unreadable_and_not_echoed(body: str) -> None:
    with pytest.raises(Unreadable, match="it is JSON, but no object") as refused:
        decoded(body)
    assert "canary" not in str(refused.value)


def test_an_answer_may_be_an_array_under_a_name_that_no_object_has() -> None:
    assert decoded("[]") == {"#list": []}
    assert decoded('[{"a": 1}, 2]') == {"#list": [{"a": 1}, 2]}
    with pytest.raises(Unreadable, match="it is JSON, but no object"):
        parse_json("[]")


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_unreadable(body: bytes) -> None:
    try:
        answer = decoded(body)
    except Unreadable:
        return
    assert isinstance(answer, dict)


def test_a_text_is_parsed_as_bytes_are() -> None:
    assert parse_json('{"a": 1}') == parse_json(b'{"a": 1}') == {"a": 1}


# The provider's side


def test_a_request_of_ours_is_read_without_any_leniency() -> None:
    assert read(encoded()) == (Call(name=ROUTE, fields=FIELDS), [])
    assert read(encoded(FIELDS, "json"), "json") == (Call(name=ROUTE, fields=FIELDS), [])


@pytest.mark.parametrize("target", ["/sendsms/", "/sendsms"])
def test_the_last_slash_is_taken_and_left_out(target: str) -> None:
    form = encoded().body
    assert read(asked(form, target=target))[0].fields == FIELDS
    route = "POST /v1/messages"
    call, _ = read(asked(form, target="/v1/messages/"), names=(ROUTE, route))
    assert (call.name, call.fields) == (route, FIELDS)


@pytest.mark.parametrize("target", ["/", "/send", "/sendsms/x", "/x/sendsms/", "/SENDSMS/"])
def test_another_path_is_not_ours(target: str) -> None:
    assert Rest().read(SITE, (ROUTE,), asked(target=target), ignore) is None


def test_get_is_taken_with_its_query_and_noted() -> None:
    target = "/sendsms/?recipients=%2B12025550123&message=Hello&apikey=test-key"
    call, notes = read(asked(kind="", method="GET", target=target))
    assert call.fields == FIELDS
    assert notes == ["GET instead of POST"]


def test_a_literal_plus_in_a_query_is_a_space() -> None:
    call, _ = read(asked(kind="", method="GET", target="/sendsms/?recipients=+12025550123"))
    assert call.fields == {"recipients": " 12025550123"}


def test_the_body_beats_the_query() -> None:
    target = "/sendsms/?apikey=test-key&message=old"
    call, _ = read(asked("message=new", target=target))
    assert call.fields == {"apikey": "test-key", "message": "new"}


def test_empty_fields_stay_and_the_last_of_two_is_taken() -> None:
    assert read(asked("a=&b=1&b=2"))[0].fields == {"a": "", "b": "2"}
    assert parse_form("a=&b=1&b=2") == {"a": "", "b": "2"}


@pytest.mark.parametrize(
    "kind", [JSON, f"{JSON}; charset=utf-8", "Application/JSON", f" {JSON} ;x"]
)
def test_json_for_a_form_is_taken_and_noted(kind: str) -> None:
    call, notes = read(asked(json.dumps(FIELDS), kind))
    assert call.fields == FIELDS
    assert notes == ["JSON instead of a form"]


@pytest.mark.parametrize("kind", [FORM, "", f"{FORM}; charset=utf-8"])
def test_a_form_is_read_with_its_label_or_without_any(kind: str) -> None:
    assert read(asked(encoded().body, kind))[0].fields == FIELDS


@pytest.mark.parametrize("kind", ["text/plain", "application/xml"])
def test_a_body_of_another_kind_is_unreadable_and_told_what_is_read(kind: str) -> None:
    with pytest.raises(Unreadable, match="neither application/x-www-form-urlencoded nor"):
        read(asked(encoded().body, kind))


def multipart(fields: dict[str, str]) -> bytes:
    part = '--xx\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return ("".join(part.format(*pair) for pair in fields.items()) + "--xx--\r\n").encode()


def test_a_multipart_form_is_taken_and_noted() -> None:
    call, notes = read(asked(multipart(FIELDS), "multipart/form-data; boundary=xx"))
    assert call.fields == FIELDS
    assert notes == ["multipart instead of a form"]


@pytest.mark.parametrize(
    "body", [b"--xx\r\n\r\nHello\r\n--xx--\r\n", multipart({"a": "b"})[:-9] + b"\xff"]
)
def test_a_multipart_form_that_is_none_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(asked(body, "multipart/form-data; boundary=xx"))


def test_a_form_for_json_is_taken_and_noted() -> None:
    call, notes = read(asked(encoded().body), "json")
    assert call.fields == FIELDS
    assert len(notes) == 1


def test_nested_json_stays_nested() -> None:
    body = json.dumps({"message": {"destination": {"number": "+12025550123"}}})
    call, notes = read(asked(body, JSON), "json")
    assert call.fields == {"message": {"destination": {"number": "+12025550123"}}}
    assert notes == []


def test_a_body_that_is_a_list_is_read_where_json_is_sent() -> None:
    call, notes = read(asked('[{"to": "1"}]', JSON), "json")
    assert call.fields == {"#list": [{"to": "1"}]}
    assert notes == []


@pytest.mark.parametrize("body", [b"canary", b'["canary"]', b'{"canary"', b"[" * 100_000])
def test_json_that_cant_be_read_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(asked(body, JSON))
    assert "canary" not in str(refused.value)


def test_a_form_that_is_not_utf_8_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not UTF-8"):
        read(asked(b"message=\xff"))


def test_an_answer_is_json_as_utf_8() -> None:
    answer = Rest().write(SITE, asked(), ROUTE, {"result": {"error": 0, "note": "é 😀"}})
    assert (answer.status, answer.header("content-type")) == (200, JSON)
    assert answer.body == '{"result": {"error": 0, "note": "é 😀"}}'.encode()
    assert decoded(answer.body) == {"result": {"error": 0, "note": "é 😀"}}


def test_an_answer_may_have_other_headers_and_another_status() -> None:
    answer = json_response(429, {}, {"Retry-After": "7"})
    assert (answer.status, answer.header("retry-after"), answer.body) == (429, "7", b"{}")


def test_a_request_that_cant_be_read_is_answered_by_a_400_that_says_why() -> None:
    answer = Rest().refuse(asked("canary", JSON), Unreadable("it is not JSON"))
    assert answer.status == 400
    assert json.loads(answer.body) == {"error": 400, "message": "it is not JSON"}
