"""The page of a mock: what is its own, what is control, what is the provider's, and for whom."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from smsbridge.backends.base import Backend
from smsbridge.codecs.rest import FORM
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.http.exchange import Request, Response
from smsbridge.page.pages import PAGES
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mock.declared_backend import declared_backend
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.page_host import PageHost
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.blocks import REST_SEND, rest
from support.each import each
from support.mocking import ask, response_to, sending
from support.vendor import WSDL

HERE = "http://127.0.0.1:8765"
BROWSER = {"Host": "127.0.0.1:8765", "Accept": "text/html,*/*;q=0.8"}
TOKEN = "t-0123456789abcdef"
ROOT = """
smsbridge-fixture: 1
id: acme/root
title: Something is at the root
provenance: {source: ASSUMED, evidence: made up, date: "2027-01-31", verified: null}
protocols: [rest]
interactions:
  - id: root
    request: {method: GET, path: /}
    response: {status: 200, text: here}
"""


def mocked(token: str = "", backend: Backend | None = None) -> Provider:
    mock = Provider(backend or sample_backend())
    mock.lanes.page = PageHost(token)
    return mock


def get(mock: Provider, path: str, method: str = "GET", **headers: str) -> Response:
    named = {name.replace("_", "-").title(): word for name, word in headers.items()}
    request = Request(method=method, url=HERE + path, headers={**BROWSER, **named})
    return response_to(mock, request)


def post(mock: Provider, path: str, fields: dict[str, Any], **headers: str) -> Response:
    """Send a form as a browser does."""
    named = {name.replace("_", "-").title(): word for name, word in headers.items()}
    given = {**BROWSER, "Content-Type": FORM, "Origin": HERE, **named}
    body = urlencode(fields).encode()
    return response_to(mock, Request(method="POST", url=HERE + path, headers=given, body=body))


def test_a_page_shows_its_lane() -> None:
    mock = mocked()
    mock.handle(sending("test-key-a", text="for a"))
    mock.handle(sending(text="for the first"))
    for path in ("/_mock/?lane=a", "/lane-a/_mock/"):
        body = get(mock, path).body.decode()
        assert "for a" in body
        assert "for the first" not in body
    assert "for the first" in get(mock, "/_mock/").body.decode()


def test_what_is_control_stays_control_and_leaves_no_trace() -> None:
    mock = mocked()
    get(mock, "/_mock/")
    assert get(mock, "/_mock/messages").body == b"[]"
    assert get(mock, "/_mock/none").header("content-type") == "application/json"
    assert ask(mock, "requests")["requests"] == []
    assert mock.verdict().passed


def test_without_its_end_the_address_leads_to_the_page() -> None:
    assert get(mocked(), "/_mock").header("location") == "/_mock/"
    assert get(mocked(), "/_mock?lane=a").header("location") == "/_mock/?lane=a"
    assert get(mocked(), "/lane-a/_mock").header("location") == "/lane-a/_mock/"


def test_a_head_has_the_length_and_no_body() -> None:
    answer = get(mocked(), "/_mock/page/verify", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == str(len(get(mocked(), "/_mock/page/verify").body))


def test_a_form_does_what_the_control_url_does_and_goes_back_to_its_page() -> None:
    mock = mocked()
    back = f"{HERE}/_mock/page/scenario?lane=a"
    answer = post(mock, "/_mock/fault?lane=a", {"name": "silence", "times": "2"}, referer=back)
    assert (answer.status, answer.header("location")) == (303, "/_mock/page/scenario?lane=a")
    assert (mock.lanes.lane("a").fault, mock.fault) == ("silence", None)
    assert post(mock, "/lane-a/_mock/reset", {}).header("location") == "/lane-a/_mock/"


@each("referer", ["", "http://[", "https://evil.example/x", f"{HERE}//evil.example/_mock/"])
def test_a_form_leads_to_no_other_page(referer: str) -> None:
    answer = post(mocked(), "/_mock/reset", {}, referer=referer)
    assert (answer.status, answer.header("location")) == (303, "/_mock/")


@each(
    ("path", "fields", "status", "why"),
    [
        ("/_mock/delay", {"ms": "x"}, 400, "ms: give a number from 0 to 60000"),
        ("/_mock/fault", {"name": "silnce"}, 400, "did you mean"),
        ("/_mock/report", {"id": "7", "status": "sent"}, 404, "no message of this lane has it"),
        ("/_mock/none", {}, 404, "there is no /_mock/none"),
        ("/_mock/messages", {}, 405, "takes GET, HEAD"),
        ("/_mock/page/verify", {}, 404, "there is no"),
    ],
)
def test_a_form_that_is_refused_says_so_on_a_page(
    path: str, fields: dict[str, str], status: int, why: str
) -> None:
    answer = post(mocked(), path, fields, referer=f"{HERE}/_mock/page/scenario?lane=a")
    assert answer.status == status
    assert '<a href="/_mock/page/scenario?lane=a">Back</a>' in answer.body.decode()
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert why in answer.body.decode()


@each(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
@pytest.mark.parametrize("token", ["", TOKEN])
def test_a_page_of_another_origin_is_refused_in_plain_text(
    token: str, headers: dict[str, str]
) -> None:
    mock = mocked(token)
    mock.handle(sending())
    for path in ("/_mock/", "/_mock", "/_mock/page/scenario", "/_mock/page/static/page.js"):
        answer = get(mock, f"{path}?token={token}", **headers)
        assert (answer.status, answer.header("content-type")) == (403, "text/plain; charset=utf-8")
    assert post(mock, "/_mock/reset", {}, **headers).status == 403
    assert get(mock, "/", **headers).status == 404
    assert len(mock.messages) == 1


def test_on_a_public_address_pages_and_forms_need_the_token_and_tests_do_not() -> None:
    mock = mocked(TOKEN)
    mock.handle(sending())
    for path in ("/_mock/", "/_mock/page/requests", "/_mock/page/static/style.css"):
        assert get(mock, path).status == 403
    assert post(mock, "/_mock/reset", {}).status == 403
    assert len(mock.messages) == 1
    assert ask(mock, "messages")[0]["text"] == "Hello"
    let_in = get(mock, f"/lane-a/_mock/?token={TOKEN}")
    assert (let_in.status, let_in.header("location")) == (303, "/lane-a/_mock/")
    cookie = let_in.header("set-cookie").partition(";")[0]
    assert get(mock, "/_mock/", cookie=cookie).status == 200
    assert post(mock, "/_mock/reset", {}, cookie=cookie).status == 303
    assert mock.messages == []


def test_a_browser_that_asks_for_the_root_is_led_to_the_page() -> None:
    mock = mocked()
    assert (get(mock, "/").status, get(mock, "/").header("location")) == (302, "/_mock/")
    assert get(mock, "/lane-a/").header("location") == "/lane-a/_mock/"
    assert ask(mock, "requests")["requests"] == []


def test_a_browser_has_its_icon_and_leaves_no_trace_by_that() -> None:
    mock = mocked()
    icon = get(mock, "/favicon.ico", accept="image/avif,image/*,*/*;q=0.8")
    assert (icon.status, icon.header("content-type")) == (200, "image/svg+xml")
    assert mock.verdict().passed


@each(
    ("path", "method", "headers"),
    [
        ("/favicon.ico", "GET", {}),
        ("/?x=1", "GET", {}),
        ("/", "GET", {"accept": "*/*"}),
        ("/", "POST", {}),
        ("/other", "GET", {}),
    ],
)
def test_any_other_request_is_the_provider_s(
    path: str, method: str, headers: dict[str, str]
) -> None:
    mock = mocked()
    assert get(mock, path, method, **headers).status == 404
    assert len(ask(mock, "requests")["requests"]) == 1


def test_where_the_provider_has_something_at_its_root_the_page_is_not_there() -> None:
    at_root = mocked(backend=rest(REST_SEND.replace("POST /sms", "GET /")))
    assert get(at_root, "/").status != 302
    played = mocked()
    played.play(parse(ROOT.replace("acme/", "smsmobileapi/"), "root.yaml"))
    assert get(played, "/").body == b"here"
    assert played.unplayed() == []


def test_without_a_page_a_form_and_the_root_are_what_they_were() -> None:
    mock = Provider(sample_backend())
    assert get(mock, "/_mock/").status == 404
    assert get(mock, "/").status == 404
    assert post(mock, "/_mock/reset", {"x": "1"}).status == 400


@each(
    "name",
    [
        *("46elks", "clicksend", "infobip", "kavenegar", "messagebird", "plivo", "twilio"),
        *("vonage", "parlayx", "wsdl"),
    ],
)
def test_whatever_is_played_has_every_page(name: str) -> None:
    backend = (
        wsdl_backend(Source(document=WSDL.encode())) if name == "wsdl" else declared_backend(name)
    )
    mock = mocked(backend=backend)
    mock.address = HERE
    empty = get(mock, "/_mock/")
    assert 'id="example-1"' in empty.body.decode()
    get(mock, "/none")
    for path in PAGES:
        answer = get(mock, f"/_mock/{path}" + ("?id=1" if path == "page/request" else ""))
        assert answer.status == (404 if path == "page/message" else 200), path
