"""Keeps what goes out and comes back in an exchange, and writes it down as it may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar, cast
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

from smsbridge.errors import CallerError, CallRecord
from smsbridge.http.challenges import challenges
from smsbridge.http.exchange import Broken, Response
from smsbridge.text.masking import HIDDEN, public_address
from smsbridge.text.transcript import MOST_READ, MaskRule, transcribe

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Request

T = TypeVar("T")

_TOKEN_SHARE = "token"  # noqa: S105  (the name of a share)
_PROVING = ("authorization", "proxy-authorization", "cookie")
_PLAIN = ("content-type", "content-length", "server", "via", "retry-after")
_MEDIA = frozenset(
    {
        *("application", "text", "json", "xml", "html", "plain", "xhtml+xml", "soap+xml"),
        *("problem+json", "charset", "utf-8"),
    }
)
_PIECE = re.compile(r"[^\s/;=,()]+")
_SCHEMES = ("basic", "bearer", "digest")


@dataclass(slots=True)
class HTTPCall:
    """One request of an exchange, and its answer, what broke it, or nothing yet."""

    request: Request = field(repr=False)
    answer: Response | Broken | CallerError | None = field(default=None, repr=False)
    size: int = 0

    def keep(self, answer: Response) -> None:
        """Keep an answer, and of its body no more than is ever shown."""
        self.size = len(answer.body)
        most = 0 if self.is_of_a_document else MOST_READ
        self.answer = replace(answer, body=answer.body[:most]) if self.size > most else answer

    @property
    def is_of_a_token(self) -> bool:
        """Whether it asks for a token, or logs in."""
        return (self.request.share or "").partition("/")[0] == _TOKEN_SHARE

    @property
    def is_of_a_document(self) -> bool:
        """Whether it fetches what the calls need, such as a WSDL."""
        return self.request.share is not None and not self.is_of_a_token


class Discretion(Protocol):
    """What of a call may be shown."""

    def of_request(self, call: HTTPCall) -> MaskRule:
        """Return the rule for a request."""

    def of_answer(self, call: HTTPCall) -> MaskRule:
        """Return the rule for its answer."""

    def segment(self, word: str, from_the_end: int | None) -> str:
        """Return a segment of a path as it is shown; None for one of no call of the table."""

    def knows(self, name: str) -> bool:
        """Return whether a table names what has that name in a query, or as a header."""


def keep_calls(exchange: Exchange[T], calls: list[HTTPCall]) -> Exchange[T]:
    """Run an exchange, and keep each call of it, but no document that it fetches."""
    try:
        request = next(exchange)
        while True:
            call = HTTPCall(request)
            calls.append(call)
            try:
                response = yield request
            except (Broken, CallerError) as error:
                call.answer = error
                request = exchange.throw(error)
            else:
                call.keep(response)
                request = exchange.send(response)
    except StopIteration as end:
        return cast("T", end.value)


def record_of(call: HTTPCall, discretion: Discretion) -> CallRecord:
    """Return what may be shown of a call."""
    request, answer = call.request, call.answer
    rule = discretion.of_request(call)
    asked = CallRecord(
        method=request.method,
        address=_address(call, discretion, rule),
        headers=dict(_sent_headers(call, discretion, rule)),
        body=transcribe(request.body, request.header("content-type"), rule),
    )
    if isinstance(answer, Response):
        said = discretion.of_answer(call)
        return replace(
            asked,
            left=str(answer.left),
            status=answer.status,
            answer_headers=dict(_answer_headers(answer, said)),
            answer_body=transcribe(
                answer.body, answer.header("content-type"), said, size=call.size
            ),
        )
    if isinstance(answer, Broken):
        return replace(asked, left=str(answer.left), why=answer.why)
    return replace(asked, why="it did not leave" if answer else "interrupted")


def _address(call: HTTPCall, discretion: Discretion, rule: MaskRule) -> str:
    try:
        parts = urlsplit(call.request.url)
    except ValueError:
        return HIDDEN
    segments = parts.path.split("/")
    known = call.request.share is None
    shown = (
        discretion.segment(unquote(one), len(segments) - index if known else None)
        for index, one in enumerate(segments)
    )
    query = _query(parts, discretion, rule) if known else ""
    if not query:
        query = urlsplit(public_address(call.request.url)).query
    path = "/".join(shown)
    netloc = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=netloc, path=path, query=query, fragment="").geturl()


def _query(parts: SplitResult, discretion: Discretion, rule: MaskRule) -> str:
    """Return the fields of a query that a table names; empty where there is none."""
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    if not any(discretion.knows(unquote_plus(name)) for name, _, _ in pairs):
        return ""
    return "&".join(
        f"{name}={_same_or(rule.value(unquote_plus(name), unquote_plus(value)), value)}"
        if discretion.knows(unquote_plus(name))
        else HIDDEN
        for name, _, value in pairs
    )


def _same_or(shown: str, raw: str) -> str:
    return raw if shown == unquote_plus(raw) else shown


def _sent_headers(
    call: HTTPCall, discretion: Discretion, rule: MaskRule
) -> Iterator[tuple[str, str]]:
    for name, value in call.request.headers.items():
        if name.lower() in _PROVING:
            scheme = value.partition(" ")[0]
            yield name, f"{scheme} {HIDDEN}" if scheme.lower() in _SCHEMES else HIDDEN
        elif name.lower() in ("content-type", "accept", "soapaction") or discretion.knows(name):
            yield name, rule.value(name, value) if value else ""
        else:
            yield name, HIDDEN


def _answer_headers(answer: Response, rule: MaskRule) -> Iterator[tuple[str, str]]:
    """Yield the headers that matter; of others even the name may say too much."""
    for name in (*_PLAIN, "date", "location", "www-authenticate"):
        value = answer.header(name)
        if not value:
            continue
        if name == "date":
            shown = _date(value)
        elif name == "location":
            shown = _host_alone(value, rule)
        elif name == "www-authenticate":
            shown = ", ".join(rule.name(scheme) for scheme, _ in challenges(value))
        else:
            shown = _PIECE.sub(partial(_public_piece, rule), value)
        yield "-".join(word.capitalize() for word in name.split("-")), shown


def _public_piece(rule: MaskRule, piece: re.Match[str]) -> str:
    return piece[0] if piece[0].lower() in _MEDIA else rule.name(piece[0])


def _date(value: str) -> str:
    from email.utils import parsedate_to_datetime

    with suppress(ValueError, OverflowError):
        return parsedate_to_datetime(value).isoformat()
    return HIDDEN


def _host_alone(value: str, rule: MaskRule) -> str:
    with suppress(ValueError):
        parts = urlsplit(value)
        host = parts.hostname or ""
        labels = ".".join(map(rule.name, host.split(".")))
        return f"{rule.name(parts.scheme)}://{labels}/{HIDDEN}" if host else HIDDEN
    return HIDDEN
