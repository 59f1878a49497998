"""An exchange is decoded by its labels, by a table, or kept as it came."""

from __future__ import annotations

from typing import Any

from smsbridge.http.exchange import Request, Response

from support.each import each
from support.recorded import LIVE, TAKEN, answered, asked, by_table, decoded, exchange


@each(
    ("request", "body"),
    [
        (asked(form={"a": "1", "b": ""}), {"form": {"a": "1", "b": ""}}),
        (asked(document={"a": [1]}), {"json": {"a": [1]}}),
        (asked(document=[1]), {"text": "[1]"}),
        (asked(body=b"<a/>", content_type="text/xml"), {"text": "<a/>"}),
        (asked(body=b"a=1"), {"text": "a=1"}),
        (asked(body=b"\xff"), {"base64": "/w=="}),
        (asked("/a?x=1&y=", method="GET"), {"query": {"x": "1", "y": ""}}),
        (asked(x_api_key="k", user_agent="me", cookie="c"), {"headers": {"x-api-key": "k"}}),
    ],
)
def test_a_request_is_decoded_by_its_label(request: Request, body: dict[str, Any]) -> None:
    shown = dict(decoded(exchange(request)).request)
    assert (shown.pop("method"), shown.pop("path")) == (request.method, request.path)
    assert shown == body


@each(
    ("response", "shown"),
    [
        (answered(), {"status": 200, "json": TAKEN}),
        (answered([1], 202), {"status": 202, "json": [1]}),
        (
            answered(b'{"a": 1}', content_type="text/html"),
            {"status": 200, "headers": {"content-type": "text/html"}, "json": {"a": 1}},
        ),
        (answered(b'{"a": 1, "a": 2}'), {"status": 200, "text": '{"a": 1, "a": 2}'}),
        (answered(b"", 204, set_cookie="a=b"), {"status": 204, "text": ""}),
        (
            answered(b"", 302, location=f"{LIVE}/b?c"),
            {"status": 302, "headers": {"location": "/b?c"}, "text": ""},
        ),
        (answered(b"\xff"), {"status": 200, "base64": "/w=="}),
    ],
)
def test_an_answer_is_what_its_body_is(response: Response, shown: dict[str, Any]) -> None:
    assert decoded(exchange(asked(), response)).response == shown


def test_a_fault_stands_alone() -> None:
    assert decoded(exchange(asked(), "half-body")).response == {"fault": "half-body"}


def test_a_table_names_the_operation_and_the_token_call() -> None:
    send = decoded(exchange(asked(form={"recipients": "+12025550123", "message": "x"})), by_table())
    assert (send.operation, send.is_token_call) == ("send", False)
    token = decoded(exchange(asked("/oauth2/token", {"grant_type": "x"})), by_table())
    assert token.is_token_call


def test_a_call_without_a_table_is_named_by_what_of_its_path_is_a_word() -> None:
    named = [decoded(exchange(asked(path))).operation for path in ("/v1/Ab3x/send", "/Ab3x/7", "/")]
    assert named == ["POST send", "POST", "POST"]


def test_what_can_only_be_kept_as_it_came_is_noted() -> None:
    assert decoded(exchange(asked(body=b"?"))).notes
    assert decoded(exchange(asked("/a?x=1&x=2"))).notes
    assert not decoded(exchange(asked(form={"a": "1"}))).notes
