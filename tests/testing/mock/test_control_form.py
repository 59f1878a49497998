"""A form of a page says the same as the JSON object that a control URL takes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from smsbridge.codecs.rest import FORM
from smsbridge.testing.mock.control import URLS
from smsbridge.testing.mock.control_form import is_form, read_form

from support.each import each
from support.mocking import request

BROWSER = {
    "Content-Type": FORM,
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Origin": "http://127.0.0.1",
}


def read(path: str, **fields: str) -> Any:
    """Return what a form of a page gives to a control URL."""
    form = request(f"/_mock{path}", headers=BROWSER, body=urlencode(fields).encode())
    asked = read_form(form, URLS["POST", path].keys)
    assert asked.header("content-type") == "application/json"
    return json.loads(asked.body) if asked.body else None


@each(
    ("path", "fields", "given"),
    [
        ("/scenario", {"play": ""}, {"play": None}),
        ("/scenario", {"play": "a: 1\r\nb: 2"}, {"play": "a: 1\nb: 2"}),
        ("/fault", {"name": "", "times": "", "seconds": ""}, {"name": None}),
        ("/fault", {"name": "silence", "times": " 2 "}, {"name": "silence", "times": 2}),
        ("/fault", {"name": "silence", "times": "x"}, {"name": "silence", "times": "x"}),
        ("/clock", {"advance": "1.5"}, {"advance": 1.5}),
        ("/clock", {"advance": "1e999"}, {"advance": "1e999"}),
        ("/delay", {"ms": "-1"}, {"ms": -1}),
        ("/report", {"id": "7", "status": "sent"}, {"id": "7", "status": "sent"}),
        (
            "/receive",
            {"sender": "1", "text": "a\r\nb", "device": ""},
            {"sender": "1", "text": "a\nb"},
        ),
        ("/webhook", {"url": "", "secret": ""}, {"url": None}),
        (
            "/webhook",
            {"url": "http://a.example", "unsigned": "true"},
            {"url": "http://a.example", "unsigned": True},
        ),
        ("/webhook", {"more": "x"}, {"more": "x"}),
        ("/reset", {}, None),
    ],
)
def test_a_form_is_read_by_the_names_of_its_fields(
    path: str, fields: dict[str, str], given: Any
) -> None:
    assert read(path, **fields) == given


def test_only_what_a_browser_sends_is_a_form() -> None:
    form = request("/_mock/reset", headers=BROWSER)
    assert is_form(form)
    others = (
        {"Accept": "*/*"},
        {"Content-Type": "application/json"},
        {"Content-Type": ""},
        {"Origin": ""},
    )
    for headers in others:
        assert not is_form(replace(form, headers={**BROWSER, **headers}))
    assert not is_form(replace(form, method="GET"))
