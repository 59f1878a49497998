"""The answers to what `explain` shows: those that it assumed, and what the table makes of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from smsbridge.mapping.words import words_of

if TYPE_CHECKING:
    from smsbridge.http.exchange import Response
    from smsbridge.mapping.operation import Operation


def assumed_lines(answer: Response) -> Iterator[str]:
    """Yield the lines of an answer that was assumed, so that the next request can be shown."""
    yield f"< HTTP {answer.status}"
    for name, value in answer.headers.items():
        yield f"< {name}: {value}"
    if answer.body:
        yield "<"
        yield from (f"< {line}".rstrip() for line in answer.body.decode().splitlines())


def reading_lines(table: Operation) -> Iterator[str]:
    """Yield how an answer to the message is read: where each word stands, and what it means."""
    if table.rows:
        where = " or ".join(table.paths("recipient"))
        yield f"rows       {table.rows}: that of a recipient has its number at {where}"
        yield f"a call     has up to {table.most} recipients; what follows is in the row of one"
    for path, wanted in table.accepted.match.items():
        said = " or ".join(f'"{word}"' for word in words_of(wanted))
        yield f"accepted   {path} is {said}"
    if table.accepted.id:
        yield f"id         {table.accepted.id}"
    if table.accepted.status:
        yield f"status     {table.accepted.status}"
    for path, reasons in table.rejected.items():
        if not reasons:
            yield f"code       {path}"
            continue
        yield f"rejected   {path}: {_words({w: [str(reason)] for w, reason in reasons.items()})}"
    for path, words in table.not_sent.items():
        yield f"not sent   {path}: {_words({word: [] for word in words})}"
    other = "any other, and no row" if table.rows else "any other"
    yield f"unknown    {other}, unless its HTTP status proves more"


def _words(words: Mapping[str, Collection[str]]) -> str:
    return ", ".join(" ".join((f'"{word}"', *meant)) for word, meant in words.items())
