"""What of a call may be shown: our request without what is private, and the answer without secrets.

Of a request a value is hidden if a table makes it of a secret, a number or a text, or if it holds
one in any form. Of an answer only short codes and words of the table are shown; that of a send is
looked at word by word, since its number and text are known. That of a question may hold numbers
and texts of other messages, that of a token call a token: there only whole codes are shown, and of
a token call only those at the names that a standard or a table gives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from smsbridge.mapping.path import TEXT, steps
from smsbridge.mapping.template import names
from smsbridge.text.masking import HIDDEN, detector, is_code, length_alone, public_name
from smsbridge.text.pattern import pattern
from smsbridge.text.transcript import is_page

if TYPE_CHECKING:
    from smsbridge.http.call_record import HTTPCall
    from smsbridge.mapping.auth import Auth
    from smsbridge.mapping.operation import Operation, Protocol, Question
    from smsbridge.mapping.template import Template
    from smsbridge.text.transcript import MaskRule

PRIVATE_VALUES = ("recipient", "recipients", "text", "sender", "keyword", "device")
"""The values that must never be shown, wherever they stand."""

_HIDDEN_VALUES = frozenset({*PRIVATE_VALUES, "id", "token"})
_PROVING = frozenset(
    {
        *("client_id", "client_secret", "access_token", "refresh_token", "id_token"),
        *("username", "password", "nonce"),
    }
)
_LIFETIME = "expires_in"
_OF_A_TOKEN_CALL = frozenset({"error", "error_description", "token_type", "scope"})
SECRETIVE = pattern("pass|secret|token|key|session|cookie|auth|credential", re.IGNORECASE)
"""Names of what may be a secret that only the other side knows."""

_NUMBER = pattern(r"\+[0-9][0-9 ().-]{4,}")
_WORDS = pattern(r"[A-Za-z0-9_.:-]+|[^A-Za-z0-9_.:-]+")
_PLAIN = pattern(r"[A-Z]?[a-z]{1,16}|[A-Z]{1,16}|[0-9]{1,3}")
_NO_MARK = pattern(r"[^\s!-/:-@\[-`{-~]")
_ODD = pattern(r"[\W_]+")
_PRIVATE_COLUMNS = ("recipient", "sender", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What is private of a call: ``values``, and whatever has one of ``names``."""

    values: tuple[str, ...] = field(repr=False)
    names: frozenset[str]

    @classmethod
    def of(
        cls,
        values: Collection[str],
        tables: Iterable[Operation | Question],
        auth: Auth,
        secret_keys: Iterable[str],
    ) -> Privacy:
        """Return it for tables and an auth; ``secret_keys``: the config keys of secrets."""
        private = _HIDDEN_VALUES.union(secret_keys, auth.credentials)
        named = {
            name.casefold()
            for table in tables
            for name, template in _named_templates(table, auth)
            if not private.isdisjoint(names(template))
        }
        rows = {name for table in tables for name in _row_names(table)}
        return cls(values=tuple(values), names=_PROVING | named | rows)


@dataclass(frozen=True, kw_only=True)
class TableDiscretion:
    """What of the calls of a table may be shown.

    ``known``: words that the table names. ``blind``: its answers may hold numbers and texts that
    we don't know.
    """

    table: Operation | Question
    auth: Auth
    privacy: Privacy
    known: frozenset[str]
    blind: bool

    @cached_property
    def _touches(self) -> Any:
        values = [value.strip() for value in self.privacy.values]
        bare = [_ODD.sub("", value) for value in values]
        short = frozenset(value.casefold() for value in values)
        touches = detector({*values, *bare})

        def tell(word: str) -> bool:
            return (
                word.casefold() in short
                or touches(word)
                or touches(_ODD.sub("", word))
                or _NUMBER.search(word) is not None
            )

        return tell

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(name.casefold() for name, _ in _named_templates(self.table, self.auth))

    def knows(self, name: str) -> bool:
        """Return whether the table or the auth gives what has that name."""
        return name.casefold() in self._names

    def segment(self, word: str, from_the_end: int | None) -> str:
        """Return a segment of a path as it is shown; the last one of the call's is 1."""
        own = _segments(self.table.call)
        if from_the_end is not None and from_the_end <= len(own):
            template = own[-from_the_end]
            hidden = self._is_private(template) or self._touches(word)
            return HIDDEN if hidden and word != template else word
        routes = (getattr(self.auth, name, "") for name in ("call", "token"))
        written = word in {one for route in routes for one in _segments(route)}
        public = public_name(word) == word and (written or not self._touches(word))
        return word if public or not word else HIDDEN

    def _is_private(self, template: str) -> bool:
        return not _HIDDEN_VALUES.union(self.auth.credentials).isdisjoint(names(template))

    def of_request(self, _call: HTTPCall) -> MaskRule:
        """Return the rule for a request."""
        paths = (path for path, _ in self.table.templates() if path)
        own = {str(step) for path in paths for step in steps(path, form=True)}
        own |= {name for name, _ in _named_templates(self.table, self.auth)}
        return _Ours(self._touches, self.privacy.names, frozenset(own))

    def of_answer(self, call: HTTPCall) -> MaskRule:
        """Return the rule for an answer."""
        answer: Any = call.answer
        page = is_page(answer.body, answer.header("content-type"))
        if call.is_of_a_token:
            own = frozenset(_last_name(path) for path in getattr(self.auth, "rejected", {}))
            return _OfAToken(self._touches, self.known, page, _OF_A_TOKEN_CALL | own)
        if self.blind:
            return _Blind(self._touches, self.known, page, self.privacy.names)
        return _Theirs(self._touches, self.known)


@dataclass(frozen=True, slots=True)
class _Ours:
    """The rule for what we said ourselves."""

    touches: Any
    private: frozenset[str]
    own: frozenset[str]

    def name(self, word: str) -> str:
        return HIDDEN if word not in self.own and self.touches(word) else word

    def value(self, name: str, word: str) -> str:
        private = not name or name.casefold() in self.private  # of one without a name who knows?
        return HIDDEN if private or self.touches(word) else word


@dataclass(frozen=True, slots=True)
class _Theirs:
    """The rule for an answer that knows no more than we said."""

    touches: Any
    known: frozenset[str]

    def name(self, word: str) -> str:
        return word if is_code(word) and not self.touches(word) else HIDDEN

    def value(self, name: str, word: str) -> str:
        if word in self.known:
            return word
        if SECRETIVE.search(name):
            return HIDDEN
        return length_alone(word) if self.touches(word) else "".join(self._words(word))

    def _words(self, word: str) -> Iterator[str]:
        hidden = False
        for found in _WORDS.findall(word):
            coded = _WORDS.fullmatch(found[0]) and (found[0].isalnum() or found[0] in "_.:-")
            shown = not _NO_MARK.search(found) if not coded else is_code(found)
            if shown:
                yield found
            elif not hidden:
                yield HIDDEN
            hidden = not shown or (hidden and found.isspace())


@dataclass(frozen=True, slots=True)
class _Blind:
    """The rule for an answer that may hold what we don't know: whole codes only."""

    touches: Any
    known: frozenset[str]
    page: bool
    private: frozenset[str]

    def name(self, word: str) -> str:
        return word if is_code(word) and not self.touches(word) else HIDDEN

    def value(self, name: str, word: str) -> str:
        if name.casefold() in self.private or SECRETIVE.search(name):
            return HIDDEN
        if word in self.known:
            return word
        if self.page and not self.touches(word):
            return _plain_words(word)
        return word if is_code(word) and not self.touches(word) else length_alone(word)


@dataclass(frozen=True, slots=True)
class _OfAToken:
    """The rule for an answer that may hold a token: what certain names have."""

    touches: Any
    known: frozenset[str]
    page: bool
    names: frozenset[str]

    def name(self, word: str) -> str:
        plain = is_code(word) and public_name(word) == word
        return word if plain and not self.touches(word) else HIDDEN

    def value(self, name: str, word: str) -> str:
        if self.touches(word):
            return length_alone(word)
        if name == _LIFETIME and word.isdigit() and is_code(word):
            return word
        if name.casefold() in self.names or (self.page and name):
            return word if word in self.known else _plain_words(word)
        return length_alone(word)


def secret_names(protocols: Iterable[Protocol]) -> frozenset[str]:
    """Return the names under which requests have credentials and tokens, in lower case."""
    found = set(_PROVING)
    for protocol in protocols:
        private = {*protocol.auth.credentials, "token"}
        for table in protocol.operations().values():
            for name, template in _named_templates(table, protocol.auth):
                if not private.isdisjoint(names(template)):
                    found.add(name.casefold())
    return frozenset(found)


def _plain_words(word: str) -> str:
    """Return a text with those words only that can't be a key: letters of one case, or a number."""
    return re.sub(
        r"[^\s.,:;!?()/'\"=&-]+",
        lambda one: one[0] if all(map(_PLAIN.fullmatch, one[0].split("_"))) else HIDDEN,
        word,
    )


def _segments(call: str) -> list[str]:
    """Return the segments of the path of a route; none of an operation of SOAP."""
    path = urlsplit(call.partition(" ")[2]).path
    return path.split("/")[1:] if path.startswith("/") else []


def _named_templates(table: Operation | Question, auth: Auth) -> Iterator[tuple[str, Template]]:
    """Yield each template that has its own name in a request: a field, a header."""
    for path, template in table.templates():
        if path:
            yield path, template  # as a form has it
            yield _last_name(path), template
    yield from parse_qsl(urlsplit(table.call.partition(" ")[2]).query)
    yield from _templates_of_auth(auth)


def _templates_of_auth(auth: Any) -> Iterator[tuple[str, Template]]:
    for attribute in ("given", "login", "headers"):
        given = getattr(auth, attribute, None)
        for path, template in given.items() if isinstance(given, Mapping) else ():
            yield path, template
            yield _last_name(path), template
    inner = getattr(auth, "auth", None)
    if inner is not None:
        yield from _templates_of_auth(inner)


def _row_names(table: Any) -> Iterator[str]:
    """Yield the names under which the rows of an answer have numbers and texts."""
    row = getattr(table, "row", {})
    for column in _PRIVATE_COLUMNS:
        paths = row.get(column, ())
        for path in (paths,) if isinstance(paths, str) else paths:
            yield from (_last_name(part).casefold() for part in path.split(" "))


def _last_name(path: str) -> str:
    """Return the last name of a path, as XML, JSON or a form has it."""
    try:
        named = [step for step in steps(path, form=True) if isinstance(step, str) and step != TEXT]
    except ValueError:
        return path
    return named[-1].rpartition("}")[2].lstrip("@") if named else path
