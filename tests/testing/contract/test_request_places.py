"""What stands where in a request, decoded, and what should stand there and doesn't."""

from __future__ import annotations

from dataclasses import replace

from smsbridge import Fields, Message, Secret, backend
from smsbridge.http.exchange import Request
from smsbridge.testing.contract.conversation import converse
from smsbridge.testing.contract.request_places import missing_places, places
from smsbridge.testing.contract.subject import Subject

from support.contracts import SEND, Honest, subject
from support.each import each

URL = "https://u.example/a%20b?k=1%2B1"
FORM, JSON, XML = "application/x-www-form-urlencoded", "application/json", "text/xml; charset=utf-8"


@each(
    ("kind", "body", "found"),
    [
        ("", b"", []),
        (FORM, b"to=%2B1&text=a+b", [("to", "+1"), ("text", "a b")]),
        (
            JSON,
            b'{"m": {"to": "+1", "n": [1, true, null]}}',
            [("to", "+1"), ("n", "1"), ("n", "true")],
        ),
        (JSON, b"{cut", [("", "{cut")]),
        (XML, b"<a x='1'><b:c xmlns:b='u'>t&amp;</b:c></a>", [("a", ""), ("@x", "1"), ("c", "t&")]),
        (XML, b"<cut", [("", "<cut")]),
        ("text/plain", b"any", [("", "any")]),
    ],
)
def test_a_body_is_read_by_its_kind(kind: str, body: bytes, found: list[tuple[str, str]]) -> None:
    request = Request(method="POST", url=URL, headers={"Content-Type": kind}, body=body)
    assert [(one.name, one.value) for one in places(request) if one.part == "body"] == found


def test_the_parts_of_an_address_and_the_headers_are_places() -> None:
    request = Request(method="GET", url=URL, headers={"X-Key": "k"})
    assert [str(one) for one in places(request)] == [
        "the address",
        "the path",
        "the query k",
        "the header x-key",
    ]
    assert [one.value for one in places(request)] == ["u.example", "/a b", "1+1", "k"]


@backend
class ByRoute(Honest):
    """Has the recipient in its path and the text in its query."""

    protocols = {
        "rest": replace(
            Honest.protocols["rest"],
            auth=Fields({"k": "{key}"}),
            send=replace(
                SEND,
                call="GET /sms/{recipient}",
                fields={"t": "{text}", "s": {"{sender}": {"": "none", "*": "{sender}"}}},
                headers={"X-Ref": "{reference}"},
            ),
        )
    }


def test_what_a_table_says_is_compared_with_what_left() -> None:
    judged = Subject(ByRoute(key=Secret("k")), [])
    message = Message(recipient="+12025550123", text="Hi", reference="r-1", sender="Me")
    (request,) = converse(judged, message).calls
    names = ("recipient", "text", "sender", "reference")
    assert [missing_places(judged, message, request, name) for name in names] == [[], [], [], []]
    other = replace(message, recipient="+447700900123", text="Ho", reference="r-2", sender="You")
    assert [missing_places(judged, other, request, name) for name in names] == [
        ["{recipient}"],
        ["t"],
        ["s"],
        ["X-Ref"],
    ]


def test_a_value_that_no_template_renders_is_nowhere() -> None:
    judged = subject()
    message = replace(judged.message, sender=None)
    (request,) = converse(judged, message).calls
    assert missing_places(judged, message, request, "sender") == ["from"]
