"""The clause about state: what was said before changes nothing, except for a token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsbridge.http.exchange import Request
from smsbridge.serving.call import SENDING
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.conversation import Conversation, converse, describe
from smsbridge.testing.contract.ruling import Finding

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject


@clause(15, "nothing is kept from one operation to the next but a token")
def check_state(subject: Subject) -> Iterator[Finding]:
    """Yield the calls that are others after something else was done."""
    message = subject.message
    before = {
        "another message": replace(
            message, recipient="+447700900123", text="canary before", reference="before-1"
        ),
        "the same message": message,
        **{name: subject.do(name) for name in subject.table.operations() if name != "send"},
    }
    if subject.table.send is None:
        before = {name: one for name, one in before.items() if "message" not in name}
    for operation in subject.table.operations():
        asked = subject.do(operation)
        alone = converse(subject, asked)
        for name, first in before.items():
            after = converse(subject, first, asked)
            if _is_other(operation, alone, after):
                yield f"{operation} after {name}: its request is another one"
            elif _kind(alone.end) != _kind(after.end) and name != operation:
                yield (
                    f"{operation} after {name}: it ends with {describe(after.end)}, "
                    f"not {describe(alone.end)}"
                )
        again = converse(subject, asked)
        if _is_other(operation, alone, again):
            yield f"{operation} with a new client: its request is another one"
    if subject.table.send is not None:
        yield from _judge_after_failures(subject)


def _judge_after_failures(subject: Subject) -> Iterator[str]:
    alone = converse(subject, subject.message)
    for number in ("+447700900002", "+447700900400", "+447700900999"):  # what the mock breaks
        after = converse(subject, replace(subject.message, recipient=number), subject.message)
        if _is_other("send", alone, after):
            yield "send after a send that failed: its request is another one"
        elif _kind(alone.end) != _kind(after.end):
            yield f"send after a send that failed: it ends with {describe(after.end)}"


def _is_other(operation: str, alone: Conversation, after: Conversation) -> bool:
    """Return whether the last call of a send is another, or the first of a question, or it is more.

    The first of a send may be without credentials, to be challenged; a log has more pages later.
    """
    calls, later = _calls(alone.steps[-1]), _calls(after.steps[-1])
    if operation in SENDING:
        return calls[-1:] != later[-1:] or len(later) > len(calls)
    return calls[:1] != later[:1]


def _calls(step: list[Request]) -> list[tuple[Any, ...]]:
    """Return the calls of a step, less what carries a token or the count of a challenge."""
    return [
        (
            one.method,
            one.url,
            {name: v for name, v in one.headers.items() if name.lower() != "authorization"},
            one.body,
        )
        for one in step
        if one.share is None
    ]


def _kind(end: Any) -> str:
    return "rows" if isinstance(end, list) else describe(end)
