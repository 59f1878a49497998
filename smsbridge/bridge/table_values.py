"""Reads values that several tables of the bridge share; errors give the line."""

from __future__ import annotations

import re
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.config.values import secret_value
from smsbridge.errors import ConfigError
from smsbridge.text.located import Checker
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsbridge.config.load import ConfigDocument

Word = TypeVar("Word", bound=StrEnum)
OWN_PATHS = ("/livez", "/readyz", "/metrics")
"""The bridge's own paths."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


@contextmanager
def error_lines(document: ConfigDocument) -> Iterator[None]:
    """Add the file and line to an error in the bridge's tables."""
    try:
        yield
    except ConfigError as error:
        if not error.key or error.key[0] not in ("bridge", "doors"):
            raise
        line = document.values.line_of(error.key)
        raise ConfigError(f"{document.file.name}, line {line}: {error}", error.key) from None


@contextmanager
def errors_at(own: Checker, key: str) -> Iterator[None]:
    """Report an error in a value, which may begin with its key, under the table's key."""
    try:
        yield
    except ConfigError as error:
        own.fail(str(error).removeprefix(f"{key}: "), key)


def whole_table(document: ConfigDocument, name: str) -> Checker:
    """Return ``[bridge]`` or ``[doors]``."""
    if name not in document.values:
        raise ConfigError(
            f"{document.file.name} has no [{name}]: a bridge needs [bridge] and [doors.NAME]"
        )
    return Checker(document.values).table(name)


def check_name(own: Checker, name: str, what: str) -> None:
    """Refuse a key that isn't a valid name of a door or a caller."""
    if not _NAME.fullmatch(name):
        own.fail(
            f"a {what}'s name has at most 64 letters, digits, ., - and _, and begins with a "
            "letter or digit",
            name,
        )


def is_path(text: str) -> bool:
    """Return whether a text is a path that needs no escaping."""
    return _PATH.fullmatch(text) is not None


def read_seconds(own: Checker, key: str, default: str) -> float:
    """Return a duration from a table, in seconds."""
    found = duration_of(own.of(key, str, default))
    if found is None:
        own.fail('give a whole number and s, m, h or d, such as "20s"', key)
    return found


def duration_of(text: str) -> float | None:
    """Return the seconds of a duration such as ``7d``; None if it isn't one."""
    found = _DURATION.fullmatch(text)
    return float(int(found[1]) * _UNITS[found[2]]) if found else None


def read_choice(own: Checker, key: str, default: Word) -> Word:
    """Return a member of the enum of ``default``."""
    words = type(default)
    said: str = own.of(key, str, str(default))
    if said not in list(words):
        own.fail(f"give {' or '.join(words)}", key)
    return words(said)


def read_texts(own: Checker, key: str, such_as: str) -> tuple[str, ...]:
    """Return a list of texts, empty if missing. ``such_as``: an example for the error."""
    given = own.values.get(key, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        own.fail(f"give a list of texts, such as {such_as}", key)
    return tuple(given)


def read_secrets(document: ConfigDocument, own: Checker) -> tuple[Secret, ...]:
    """Return the list ``secrets`` of a table, empty if missing; each item as `read_secret` does."""
    given = own.values.get("secrets", [])
    if not isinstance(given, list):
        own.fail('give a list, such as [{ env = "NAME" }]', "secrets")
    return tuple(read_secret(document, own, "secrets", one) for one in given)


def read_secret(document: ConfigDocument, own: Checker, key: str, given: Any) -> Secret:
    """Return a text from the config, or from the variable or file that it names."""
    with errors_at(own, key):
        found = secret_value(key, given, document.environ, document.file.parent)
        return found if isinstance(found, Secret) else Secret(found)
