"""Oldcorp's WSDL of the docs, as it is and as the vendor may change it."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
WSDL = (EXAMPLES / "oldcorp.wsdl").read_text(encoding="utf-8")
CONFIG = (EXAMPLES / "smsbridge.toml").read_text(encoding="utf-8")


def changed(*pairs: tuple[str, str]) -> str:
    """Return the WSDL with each text in the place of another, wherever that stands."""
    text = WSDL
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text
