"""Placeholders in the place of secrets, and other phone numbers in the place of those used."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from smsbridge.testing.record.decode import DecodedExchange
from smsbridge.testing.record.field_names import (
    cookies,
    is_phone,
    is_secretive,
    is_text,
    keys_of,
    named_steps,
    named_values,
    placeholder_name,
)
from smsbridge.testing.record.numbers import NumberMoves
from smsbridge.text.masking import public_name

LEAST = 4
"""A shorter value stands in any text by chance, so it can't be searched for."""

_LEAST_DIGITS = 6
"""A number of an answer with fewer digits is a count or a time, whatever its name says."""

_LEAST_COOKIE = 8
_LEAST_KEY = 16
_BOUNDARY = re.compile(r"multipart/.*\bboundary=\"?([^\";,\s]+)", re.IGNORECASE)
_ATTRIBUTES = frozenset(("expires", "max-age", "domain", "path"))
_FLAGS = frozenset(("true", "false", "null", "none", "yes", "no"))
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]*) +(\S.*)")
_MESSAGE = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSecret:
    """A value that no file may have. ``base``: what its field is called; ``name``: of it alone."""

    base: str
    name: str
    given: bool = False


class Secrets:
    """All that a recording must not have: what is known before, and what its fields reveal.

    ``numbers``: how phone numbers move.
    """

    def __init__(
        self, given: Mapping[str, str], *, configured: Iterable[str] = (), hides_texts: bool = False
    ) -> None:
        """``given``: known secrets by name; ``configured``: the names that a config has.

        ``hides_texts``: whether the texts of messages are private as well.
        """
        self.numbers = NumberMoves()
        self._configured = frozenset(configured)
        self._hides_texts = hides_texts
        self._found: dict[str, FoundSecret] = {}
        for name, value in given.items():
            self._add(value, name, given=True)

    def learn(self, exchange: DecodedExchange) -> None:
        """Take the secrets and the numbers of an exchange."""
        for key in (*keys_of(exchange.request), *keys_of(exchange.response)):
            self._learn_number("", key)
        for name, word in _beside(exchange):
            self._add(word, name)
        for name, value in _headers_apart(exchange.request):
            if is_secretive(name) and str(value):
                self._add(str(value), name)
            else:
                self._learn_number(name, value)
            self._learn_text(name, value, is_message=is_text(name))
        for name, value in _headers_apart(exchange.response):
            if is_secretive(name) and not is_phone(name) and not _is_word(value):
                self._add(str(value), name)
            else:
                self._learn_number(name, value)
            self._learn_text(name, value, is_message=is_text(name) and " " in str(value).strip())

    def learn_address(self, address: str) -> None:
        """Take what is private in an address of a WSDL: who it names, and keys."""
        for name, value in named_values(address):
            if value != address and is_secretive(name) and not _is_word(value):
                self._add(str(value), name)
        for word in address.partition("?")[2].split("&"):
            if len(word) >= _LEAST_KEY and "=" not in word and not _is_word(word):
                self._add(word, "key")

    def _learn_number(self, name: str, value: str | float) -> None:
        self.numbers.keep(str(value))
        if is_phone(name):
            self.numbers.learn(value)
        elif isinstance(value, str):
            self.numbers.learn_text(value)

    def _learn_text(self, name: str, value: str | float, *, is_message: bool) -> None:
        if self._hides_texts and is_message and str(value).strip() and name:
            self._add(str(value), _MESSAGE)

    def find(self, value: str) -> FoundSecret | None:
        """Return what a value is; None if nothing private."""
        return self._found.get(value)

    def is_configured(self, name: str) -> bool:
        """Return whether the config of a backend has a secret of that name."""
        return name in self._configured

    def longest_first(self) -> list[str]:
        """Return the values that can be searched for, the longest first."""
        return sorted((one for one in self._found if len(one) >= LEAST), key=len, reverse=True)

    def private(self) -> dict[str, str]:
        """Return each value that no file may have, by what an error calls it."""
        numbers = {f"a phone number ({at})": one for at, one in enumerate(self.numbers.forms(), 1)}
        return {found.name: value for value, found in self._found.items()} | numbers

    def _add(self, value: str, name: str, *, given: bool = False) -> None:
        if not value or value in self._found or value.lower() in _FLAGS:
            return
        base = name if given else placeholder_name(name)
        used = {one.name for one in self._found.values()}
        number, own = 1, base
        while own in used:
            number += 1
            own = f"{base}_{number}"
        self._found[value] = FoundSecret(base=base, name=own, given=given)


class Redaction:
    """Redacts the exchanges of one conversation, in their order."""

    def __init__(self, secrets: Secrets) -> None:
        """``secrets`` has learned all exchanges before."""
        self._secrets = secrets
        self._captured: set[str] = set()
        self._minted: dict[str, str] = {}

    def request(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the pattern of a request, without anything private."""
        headers = given.get("headers", {})
        shown = {
            name: self._header(name, value, self._place_in_request)
            for name, value in headers.items()
        }
        rest = {key: self._walk(part, self._place_in_request) for key, part in given.items()}
        return rest | ({"headers": shown} if shown else {})

    def response(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return an answer, without anything private."""
        return {key: self._walk(part, self._place_in_answer) for key, part in given.items()}

    def _header(self, name: str, value: str, place: Callable[[str], str]) -> str:
        found = _SCHEME.fullmatch(value)
        if found and self._secrets.find(value) is None:
            return f"{found[1]} {self._text(found[2], name, place)}"
        return self._text(value, name, place)

    def _walk(self, value: Any, place: Callable[[str], str], name: str = "") -> Any:
        if isinstance(value, Mapping):
            moved = self._secrets.numbers.replace
            return {
                moved(str(key)): self._walk(part, place, str(key)) for key, part in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._walk(part, place, name) for part in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return self._number(value, name, place)
        return self._text(value if isinstance(value, str) else str(value), name, place)

    def _number(self, value: float, name: str, place: Callable[[str], str]) -> Any:
        if self._is_private(str(value), name):
            return place(str(value))
        moved = self._secrets.numbers.replace(str(value))
        return int(moved) if moved != str(value) and moved.isdigit() else value

    def _text(self, value: str, name: str, place: Callable[[str], str]) -> str:
        if self._is_private(value, name):
            return place(value)
        pieces: list[tuple[bool, str]] = [(False, value)]
        for secret in self._secrets.longest_first():
            pieces = [part for one in pieces for part in _split(one, secret)]
        return "".join(
            place(piece) if is_secret else self._secrets.numbers.replace(piece)
            for is_secret, piece in pieces
        )

    def _is_private(self, value: str, name: str) -> bool:
        """Return whether a whole value is a secret: a short one only by its name."""
        is_there = self._secrets.find(value) is not None
        return is_there and (len(value) >= LEAST or is_secretive(name))

    def _place_in_request(self, value: str) -> str:
        """Return the placeholder of a secret in a request."""
        secret = self._secrets.find(value)
        if secret is None:
            return value
        if secret.given and self._secrets.is_configured(secret.name):
            return f"{{secret:{secret.name}}}"
        if self._minted.get(secret.base) == value:
            return f"{{minted:{secret.base}}}"
        self._captured.add(value)
        return f"{{capture:{secret.name}}}"

    def _place_in_answer(self, value: str) -> str:
        """Return the placeholder of a secret in an answer."""
        secret = self._secrets.find(value)
        if secret is None:
            return value
        if secret.given and self._secrets.is_configured(secret.name):
            return f"{{secret:{secret.name}}}"
        if value in self._captured:
            return f"{{capture:{secret.name}}}"
        if self._minted.get(secret.base) == value:
            return f"{{minted:{secret.base}}}"
        self._minted[secret.base] = value
        return f"{{mint:{secret.base}}}"


def _split(piece: tuple[bool, str], secret: str) -> Iterator[tuple[bool, str]]:
    is_secret, text = piece
    if is_secret or secret not in text:
        yield piece
        return
    for number, part in enumerate(text.split(secret)):
        if number:
            yield True, secret
        if part:
            yield False, part


def _headers_apart(part: Mapping[str, Any]) -> Iterator[tuple[str, str | int | float]]:
    """Yield the named values of a request or an answer; of an Authorization what it carries."""
    for name, value in part.get("headers", {}).items():
        found = _SCHEME.fullmatch(value)
        is_scheme = found is not None and name.endswith("authorization")
        told = "token" if found and found[1].lower() == "bearer" else name
        yield (told, found[2]) if found and is_scheme else (name, value)
        if found and found[1].lower() == "basic":
            yield from zip(("user", "password"), _user_and_password(found[2]), strict=True)
    yield from named_values({key: one for key, one in part.items() if key != "headers"})


def _beside(exchange: DecodedExchange) -> Iterator[tuple[str, str]]:
    """Yield what an exchange carries in places that no file has, but that may stand elsewhere."""
    for name, value in named_steps(exchange.request["path"]):
        if is_secretive(name) and not _is_word(value):
            yield name, value
    source = exchange.source
    answer = source.response
    if parts := _BOUNDARY.search(source.request.header("content-type")):
        yield "boundary", parts[1]  # each request has its own: any one fits
    said = [source.request.header("cookie"), answer.header("set-cookie") if answer else ""]
    for name, value in (one for header in said for one in cookies(header)):
        if len(value) >= _LEAST_COOKIE and not _is_word(value) and name.lower() not in _ATTRIBUTES:
            yield (name if is_secretive(name) else "cookie"), value


def _user_and_password(encoded: str) -> tuple[str, str]:
    """Return what HTTP Basic carries; both are empty if it is not that."""
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


def _is_word(value: str | float) -> bool:
    """Return whether an answer's value is a word of the provider rather than something secret."""
    if not isinstance(value, str):
        return len(str(value)) < _LEAST_DIGITS
    return not value or (public_name(value) == value and not any(map(str.isdigit, value)))
