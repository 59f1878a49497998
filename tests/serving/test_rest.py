"""REST as the provider speaks it: forms and JSON in, JSON back."""

import json

import pytest

from smsbridge.codecs.rest import FORM, JSON, Rest, parse_form
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request
from smsbridge.mapping.codec import Unreadable
from smsbridge.serving.codec import Call
from smsbridge.serving.rest import NOT_UTF8, ProviderRest, json_response

from support.each import each
from support.rest_calls import FIELDS, ROUTE, SITE, asked, decoded, encoded, read


def ignore(_: str) -> None:
    """Take no note."""


@each("route", ["GET /log", "POST /sendsms/"])
def test_how_much_an_answer_may_have_is_said_by_the_config(route: str) -> None:
    request = encoded(site=Site(url=SITE.url, answer_limit=2048), route=route)
    assert (request.most, request.most_key) == (2048, "answer_limit")


# The provider's side


def test_a_request_of_ours_is_read_without_any_leniency() -> None:
    assert read(encoded()) == (Call(name=ROUTE, fields=FIELDS), [])
    assert read(encoded(FIELDS, "json"), "json") == (Call(name=ROUTE, fields=FIELDS), [])


@each("target", ["/sendsms/", "/sendsms"])
def test_the_last_slash_is_taken_and_left_out(target: str) -> None:
    form = encoded().body
    assert read(asked(form, target=target))[0].fields == FIELDS
    route = "POST /v1/messages"
    call, _ = read(asked(form, target="/v1/messages/"), names=(ROUTE, route))
    assert (call.name, call.fields) == (route, FIELDS)


@each("target", ["/", "/send", "/sendsms/x", "/x/sendsms/", "/SENDSMS/"])
def test_another_path_is_not_ours(target: str) -> None:
    assert ProviderRest(Rest(), SITE).read((ROUTE,), asked(target=target), ignore) is None


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
    call, notes = read(asked("message=new", target=target))
    assert call.fields == {"apikey": "test-key", "message": "new"}
    assert notes == ["a field with two values"]


def test_empty_fields_stay_and_the_last_of_two_is_taken() -> None:
    assert read(asked("a=&b=1&b=2"))[0].fields == {"a": "", "b": "2"}
    assert parse_form("a=&b=1&b=2") == {"a": "", "b": "2"}


def test_a_field_whose_name_ends_in_brackets_may_be_given_more_than_once() -> None:
    call, notes = read(asked("to[]=1&to[]=2&one[]=1&x=3"))
    assert (call.fields, notes) == ({"to[]": ["1", "2"], "one[]": "1", "x": "3"}, [])
    assert read(asked("to[]=&to[]=2&to[]=&a[]=&a[]="))[0].fields == {"to[]": "2", "a[]": ""}
    assert read(asked("to[]=1&to[]=2&x=3&x=3"))[1] == ["a field that is given twice"]
    assert read(asked("to[]=1&to[]=2&x=3&x=4"))[1] == ["a field with two values"]


def test_the_fields_with_two_values_are_named() -> None:
    body = json.dumps({"a": 1, "b": True, "c": "4", "text": "Hi"})
    call, notes = read(asked(body, JSON, target="/sendsms/?a=1&b=true&c=3&d=5&d=6&e=7&e=7"), "json")
    assert ({*call.twice}, notes) == ({"c", "d"}, ["a field with two values"])


@each("kind", [JSON, f"{JSON}; charset=utf-8", "Application/JSON", f" {JSON} ;x"])
def test_json_for_a_form_is_taken_and_noted(kind: str) -> None:
    call, notes = read(asked(json.dumps(FIELDS), kind))
    assert call.fields == FIELDS
    assert notes == ["JSON instead of a form"]


@each("kind", [FORM, "", f"{FORM}; charset=utf-8"])
def test_a_form_is_read_with_its_label_or_without_any(kind: str) -> None:
    assert read(asked(encoded().body, kind))[0].fields == FIELDS


@each("kind", ["text/plain", "application/xml"])
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


@each("body", [b"--xx\r\n\r\nHello\r\n--xx--\r\n", multipart({"a": "b"})[:-9] + b"\xff"])
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


@each("body", [b"canary", b'["canary"]', b'{"canary"', b"[" * 100_000])
def test_json_that_cant_be_read_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(asked(body, JSON))
    assert "canary" not in str(refused.value)


def test_a_form_that_is_not_utf_8_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not UTF-8"):
        read(asked(b"message=\xff"))


@each(
    ("form", "kind", "charset", "text"),
    [
        (b"text=caf%E9", f"{FORM}; charset=ISO-8859-1", "", "café"),
        (b"text=caf\xe9", f"{FORM}; charset=iso-8859-1", "", "café"),
        (b"text=caf%E9", FORM, "iso-8859-1", "café"),
        (b"text=%80", "", "windows-1252", "€"),
        (b"text=caf%E9", f"{FORM}; charset=utf-8", "iso-8859-1", "café"),
        (b"text=%E9", f"{FORM}; charset=iso-8859-5", "iso-8859-1", "щ"),
        (b"text=caf%C3%A9", f"{FORM}; charset=iso-8859-1", "iso-8859-1", "café"),
        (b"text=caf\xc3\xa9", FORM, "", "café"),
        (b"\xef\xbb\xbftext=%C3%A9", FORM, "", "é"),
    ],
)
def test_a_form_is_in_utf_8_or_in_what_it_names(
    form: bytes, kind: str, charset: str, text: str
) -> None:
    notes: list[str] = []
    rest = ProviderRest(Rest(), SITE).in_charset(charset)
    by_body = rest.read((ROUTE,), asked(form, kind), notes.append)
    assert by_body is not None
    assert by_body.fields["text"] == text
    assert NOT_UTF8 not in notes


def test_what_no_encoding_fits_is_noted() -> None:
    for label in ("", "utf-8", "utf-16", "none"):
        call, notes = read(asked("text=caf%E9", f"{FORM}; charset={label}"))
        assert (call.fields["text"], notes) == ("caf\ufffd", [NOT_UTF8])
    assert NOT_UTF8 in read(asked(f"text=%00%E9{'a' * 9}"))[1]


def test_the_query_and_the_path_are_in_the_charset_too() -> None:
    rest = ProviderRest(Rest(), SITE).in_charset("iso-8859-1")
    url = "http://localhost/send/caf%E9?from=%E9t%E9"
    call = rest.read(("GET /send/{text}",), Request(method="GET", url=url), ignore)
    assert call is not None
    assert call.fields == {"{text}": "café", "from": "été"}


@each("cut", [4, len("--xx--") + 4])
def test_a_multipart_form_that_is_cut_off_is_unreadable(cut: int) -> None:
    with pytest.raises(Unreadable, match="boundary"):
        read(asked(multipart(FIELDS)[:-cut], "multipart/form-data; boundary=xx"))
    with pytest.raises(Unreadable, match="boundary"):
        read(asked(multipart(FIELDS), "multipart/form-data"))


def test_a_part_of_a_multipart_form_that_has_two_values_is_noted() -> None:
    body = multipart({"a": "1"}).removesuffix(b"--xx--\r\n") + multipart({"a": "2"})
    call, notes = read(asked(body, "multipart/form-data; boundary=xx"))
    assert call.fields["a"] == "2"
    assert notes == ["multipart instead of a form", "a field with two values"]


def test_a_form_in_utf_16_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not UTF-8"):
        read(asked("a=b".encode("utf-16"), "application/x-www-form-urlencoded; charset=utf-16"))


def test_a_multipart_form_is_in_the_charset_too() -> None:
    body = multipart({"text": "caf?"}).replace(b"?", b"\xe9")
    rest = ProviderRest(Rest(), SITE).in_charset("iso-8859-1")
    call = rest.read((ROUTE,), asked(body, "multipart/form-data; boundary=xx"), ignore)
    assert call is not None
    assert call.fields == {"text": "café"}


def test_an_answer_is_json_as_utf_8() -> None:
    answer = ProviderRest(Rest(), SITE).write(
        asked(), ROUTE, {"result": {"error": 0, "note": "é 😀"}}
    )
    assert (answer.status, answer.header("content-type")) == (200, JSON)
    assert answer.body == '{"result": {"error": 0, "note": "é 😀"}}'.encode()
    assert decoded(answer.body) == {"result": {"error": 0, "note": "é 😀"}}


def test_an_answer_may_have_other_headers_and_another_status() -> None:
    answer = json_response(429, {}, {"Retry-After": "7"})
    assert (answer.status, answer.header("retry-after"), answer.body) == (429, "7", b"{}")


def test_a_request_that_cant_be_read_is_answered_by_a_400_that_says_why() -> None:
    answer = ProviderRest(Rest(), SITE).refuse(asked("canary", JSON), Unreadable("it is not JSON"))
    assert answer.status == 400
    assert json.loads(answer.body) == {"error": 400, "message": "it is not JSON"}
