"""A request and its answer as they were on the wire: only credentials are hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from smsbridge.http.exchange import Request
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.wire_text import MOST_SHOWN

from support.each import each
from support.mocking import ENVELOPE, HERE, NUMBER, SERVER, ask, form, sending, tell

WRONG = "zq8-Xk2/wrong+4711"
MULTIPART = (
    '--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{word}\r\n'
    '--x\r\nContent-Disposition: form-data; name="recipients"\r\n\r\n+12025550123\r\n'
    '--x\r\nContent-Disposition: form-data; name="message"\r\n\r\nHello\r\n--x--\r\n'
)


def told(request: Request) -> dict[str, Any]:
    """Return what the mock tells of a request."""
    mock = Provider(sample_backend())
    mock.handle(request)
    found: dict[str, Any] = ask(mock, "requests/1")
    assert WRONG not in str(found)
    return found


def test_a_request_is_shown_as_it_came_but_for_its_key() -> None:
    found = told(replace(sending(text="ä 😀"), prefix="", url=f"{HERE}/sendsms/?x=a+b"))
    assert found["wire"] == (
        "POST /sendsms/?x=a+b\nContent-Type: application/x-www-form-urlencoded\n\n"
        "apikey=•••&recipients=%2B12025550123&message=%C3%A4+%F0%9F%98%80"
    )
    assert found["answer"].startswith("200\nContent-Type: application/json\n\n")
    assert '"sent by mobile"' in found["answer"]


@each("key", ["test-key", WRONG])
def test_a_key_is_hidden_right_or_wrong(key: str) -> None:
    found = told(sending(key))
    assert key not in found["wire"]
    assert "apikey=•••" in found["wire"]


@each(("key", "word"), [("apikey", "test-key"), ("apikey", WRONG), ("x", "test-key")])
def test_a_form_of_several_parts_is_shown_with_its_parts(key: str, word: str) -> None:
    body = MULTIPART.format(key=key, word=word)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"{HERE}/sendsms/"
    found = told(Request(method="POST", url=url, headers=headers, body=body.encode()))
    assert found["wire"].partition("\n\n")[2] == body.replace("\r\n", "\n").replace(word, "•••")


def test_a_long_text_is_shown_whole() -> None:
    assert "x" * 10_000 in told(sending(text="x" * 10_000))["wire"]


def test_more_than_so_much_is_cut() -> None:
    wire = told(sending(text="x" * (MOST_SHOWN + 1)))["wire"]
    assert MOST_SHOWN - 500 < len(wire) < MOST_SHOWN + 500


def test_what_a_terminal_or_a_page_would_obey_is_escaped() -> None:
    body = "\x1b[31m \u202e \u2028 a\rb\r\nc".encode()
    request = Request(
        method="POST", url=f"{HERE}/sendsms/", headers={"Content-Type": "a/b"}, body=b"<a>" + body
    )
    wire = told(request)["wire"]
    assert not {"\x1b", "\u202e", "\u2028", "\r"} & set(wire)


def test_where_a_fault_came_there_is_no_answer() -> None:
    mock = Provider(sample_backend())
    tell(mock, "fault", name="reset-after-request")
    mock.handle(sending())
    assert ask(mock, "requests/1")["answer"] == ""


def test_a_token_that_was_given_out_is_hidden() -> None:
    mock = Provider(sample_backend())
    grant = {"grant_type": "client_credentials", "client_id": "test-client"}
    mock.handle(form("/oauth2/token", {**grant, "client_secret": "test-secret"}))
    found = ask(mock, "requests/1")
    assert '"access_token": "•••"' in found["answer"]
    assert "test-" not in found["wire"]


def test_each_field_has_its_value_and_its_meaning() -> None:
    assert told(form("/sendsms/", {"apikey": "test-key", "recipients": NUMBER, "x": "1"}))[
        "fields"
    ] == [
        {"field": "recipients", "value": NUMBER, "means": {"recipient": NUMBER}},
        {"field": "x", "value": "1", "means": {}},
    ]


def test_a_field_is_whole_and_hides_what_the_wire_hides() -> None:
    said = {"apikey": "test-wrong", "recipients": NUMBER, "message": "x" * 10_000}
    found = told(form("/sendsms/", {**said, "password": "hunter-22", "test-wrong": "1"}))
    values = {one["field"]: one["value"] for one in found["fields"]}
    assert values == {"recipients": NUMBER, "message": "x" * 10_000, "password": "•••", "•••": "1"}


def test_a_call_of_soap_is_understood_field_by_field_too() -> None:
    args = f"<recipients>{NUMBER}</recipients><message>Hello</message><apikey>test-key</apikey>"
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    request = Request(
        method="POST", url=HERE + SERVER, headers=headers, body=ENVELOPE.format(args).encode()
    )
    found = told(request)
    assert [one["field"] for one in found["fields"]] == ["recipients", "message"]
    assert "<apikey>•••</apikey>" in found["wire"]


def test_a_request_that_is_nothing_has_no_fields() -> None:
    found = told(Request(method="GET", url=f"{HERE}/nothing"))
    assert (found["fields"], found["wire"]) == ([], "GET /nothing\n\n")
    assert found["nearest"][0].keys() == {"interaction", "differs"}
