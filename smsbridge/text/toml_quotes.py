"""Texts and keys as TOML writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable

_NO_LETTERS = str.maketrans("", "", "-_")


def toml_text(text: str) -> str:
    """Return a text as TOML writes it: as JSON does, except for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(steps: Iterable[str]) -> str:
    """Return a key as TOML writes it: ``send.fields."request.body"``."""
    return ".".join(
        step if step.translate(_NO_LETTERS).isalnum() else toml_text(step) for step in steps
    )
