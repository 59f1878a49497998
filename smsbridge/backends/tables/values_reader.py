"""The constants of a block of config, which its templates have beside the values of a call."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from keyword import iskeyword
from typing import Any

from smsbridge.backends.tables.block import OPERATIONS, Block
from smsbridge.mapping.call_values import REQUEST_VALUES, value_names

DEFAULTS = ("sender",)
"""The values of a message that may have a default."""

_NAME = re.compile("[a-z_][a-z0-9_]*")
_NAMES = frozenset({"token", *REQUEST_VALUES}).union(*(value_names(name) for name in OPERATIONS))


def read_values(block: Block, credentials: Collection[str]) -> Mapping[str, Any]:
    """Return the values of the table ``values``: text, numbers, true or false, by their name."""
    for name, value in block.values.items():
        if not _NAME.fullmatch(name) or iskeyword(name):
            block.fail("a value's name has a-z, 0-9 and _, and is not a word of Python", name)
        if name in credentials:
            block.fail("already a credential of auth: give another name", name)
        if name in _NAMES and name not in DEFAULTS:
            allowed = ", ".join(DEFAULTS)
            block.fail(f"every call has this value; only {allowed} may have a default", name)
        if not isinstance(value, str | int | float) or value == "":
            block.fail("give text, a number, true or false", name)
    return dict(block.values)
