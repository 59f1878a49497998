"""Oldcorp's WSDL of the docs, as it is and as the vendor may change it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
WSDL = (EXAMPLES / "oldcorp.wsdl").read_text(encoding="utf-8")
CONFIG = (EXAMPLES / "smsbridge.toml").read_text(encoding="utf-8")
SEND: Mapping[str, Any] = {
    "route": "POST /v1/messages",
    "fields": {"to": "{recipient}", "text": "{text}"},
    "accepted": {"when": {"state": "queued"}},
}
"""The key ``send`` of a vendor that has routes."""

SUBMIT: Mapping[str, Any] = {
    "operation": "SubmitShortMessage",
    "fields": {"request.destination": "{recipient|digits}", "request.body": "{text}"},
    "accepted": {"when": {"result.code": "0"}},
}
"""The key ``send`` of Oldcorp."""


def changed(*pairs: tuple[str, str]) -> str:
    """Return the WSDL with each text in the place of another, wherever that stands."""
    text = WSDL
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text
