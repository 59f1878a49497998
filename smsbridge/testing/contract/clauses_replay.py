"""Clauses about fixtures: each is replayed, each operation is pinned, and sync equals async."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from smsbridge.mapping.operation import QUESTIONS
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.conversation import (
    GOOD,
    Conversation,
    converse,
    describe,
    summary,
    tell_end,
)
from smsbridge.testing.contract.replay import Difference, differences, unpinned
from smsbridge.testing.contract.ruling import Finding, NotShown
from smsbridge.testing.faults.table import fault

if TYPE_CHECKING:
    from smsbridge.message import Message
    from smsbridge.testing.contract.subject import Subject
    from smsbridge.testing.fixture.do import Do
    from smsbridge.testing.fixture.load import Fixture

_COMPARED = (
    *("refused", "silence", "half-body", "reset-after-request", "refusals:400", "unauthorized"),
    *("too-many:seconds", "server-error:500", "redirect-keep:307", "html", "bad-json:cut"),
)


@clause(1, "each fixture is replayed, and each operation is pinned on the wire")
def check_replays(subject: Subject) -> Iterator[Finding]:
    """Yield what a fixture says that isn't so, and the operations that none pins."""
    for fixture in subject.fixtures:
        talk = replay(subject, fixture)
        yield from (f"{fixture.id}: {miss}" for miss in talk.provider.misses)
        for name in talk.provider.unplayed():
            yield f"{fixture.id}: the interaction {name} was never played"
        for found in differences_of(subject, fixture):
            if found.of == "rows" or (found.of != "status" and is_good(fixture)):
                yield tell(subject, fixture, found)
    yield from (NotShown(why) for why in (*_missing_pins(subject), *_missing_rows(subject)))


def tell(subject: Subject, fixture: Fixture, found: Difference) -> str:
    """Return what a difference is, in a line."""
    ends = tell_end(replay(subject, fixture).end, str(fixture.expect["outcome"]))
    return f"{fixture.id}: {ends if found.of == 'outcome' else found.text}"


def is_good(fixture: Fixture) -> bool:
    """Return whether a fixture expects that the provider does what it is asked for."""
    return fixture.expect["outcome"] in GOOD


def replay(subject: Subject, fixture: Fixture) -> Conversation:
    """Return the conversation of a fixture with a sync client."""
    key = ("replay", fixture.id)
    if key not in subject.kept:
        subject.kept[key] = converse(subject, _question_of(fixture), fixture=fixture)
    talk: Conversation = subject.kept[key]
    return talk


def differences_of(subject: Subject, fixture: Fixture) -> list[Difference]:
    """Return how a replayed fixture ends otherwise than it expects."""
    talk = replay(subject, fixture)
    return list(differences(fixture.expect, talk.end, talk.provider.scenario))


def _question_of(fixture: Fixture) -> Message | Do:
    asked = fixture.message or fixture.do
    if asked is None:
        raise ValueError(f"fixture {fixture.id} has neither message nor do")
    return asked


def _missing_pins(subject: Subject) -> Iterator[str]:
    """Yield the fixture that would pin each operation that no fixture pins."""
    name, over = subject.backend.name, subject.protocol
    for missing in unpinned(subject.backend, list(subject.fixtures)):
        operation, _, protocol = missing.partition(" over ")
        if protocol == over:
            asks = "a message" if operation == "send" else f"do: {{operation: {operation}, …}}"
            yield (
                f"the wire of {operation}: give the fixture {name}/{operation}/{over}, "
                f"with protocols: [{over}], {asks}, and its request as form, json, query or soap"
            )


def _missing_rows(subject: Subject) -> Iterator[str]:
    """Yield the fixture that would show what is read of an answer, where none does."""
    name, over = subject.backend.name, subject.protocol
    shown = {one.operation for one in subject.fixtures if one.expect.get("rows")}
    for operation in QUESTIONS:
        if operation in subject.table.operations() and operation not in shown:
            yield (
                f"what {operation} reads: give the fixture {name}/{operation}/{over}, with "
                f"protocols: [{over}], do: {{operation: {operation}, …}}, an answer, and "
                "expect: {outcome: answered, rows: [{id: …, …}]}"
            )


@clause(2, "the async client says and gets what the sync one does")
def check_async(subject: Subject) -> Iterator[Finding]:
    """Yield what differs between the two clients."""
    for fixture in subject.fixtures:
        asked = _question_of(fixture)
        play = partial(converse, subject, asked, fixture=fixture)
        yield from _compare(replay(subject, fixture), play, fixture.id)
    for word in _COMPARED if subject.table.send is not None else ():
        if subject.protocol_has(fault(word)):
            play = partial(converse, subject, subject.message, fault=word)
            yield from _compare(play(), play, f"fault {word}")


def _compare(first: Conversation, play: Callable[..., Conversation], name: str) -> Iterator[str]:
    """Yield what differs in an async conversation; if sync ones differ too, that doesn't count."""
    by_async = play(is_async=True)
    same_words = summary(first.end) == summary(by_async.end)
    if same_words and first.requests == by_async.requests:
        return
    again = play()
    if first.requests == again.requests != by_async.requests:
        yield f"{name}: the async client sent another request, or more or fewer"
    if not same_words and summary(first.end) == summary(again.end):
        ends = describe(first.end), describe(by_async.end)
        other = ", but with other words" if ends[0] == ends[1] else ""
        yield f"{name}: sync ends with {ends[0]}, async with {ends[1]}{other}"
