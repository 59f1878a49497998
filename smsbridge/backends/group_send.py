"""Sends several messages by one call, where the table of a backend has `{recipients}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smsbridge.backends.base import Backend
from smsbridge.backends.capabilities import table_to_send
from smsbridge.backends.table_call import TableCall
from smsbridge.errors import CallerError, InvalidMessage, SendError
from smsbridge.mapping.call_values import generated_values, message_values
from smsbridge.mapping.template import RECIPIENTS
from smsbridge.message import Message, Submission

if TYPE_CHECKING:
    from smsbridge.http.call_record import HTTPCall
    from smsbridge.http.exchange import Exchange, Response, Session
    from smsbridge.mapping.operation import Operation, Question
    from smsbridge.mapping.outcome import SendEnd

SentEnd = Submission | SendError | CallerError
"""How one of several messages ended."""


def most_together(backend: Backend) -> int:
    """Return how many messages one call may send; 1 if the backend sends with its own code."""
    cls, protocol = type(backend), backend.protocols.get(backend.protocol)
    own = cls.send is not Backend.send or cls.outcome is not Backend.outcome
    return 1 if own or protocol is None or protocol.send is None else protocol.send.most


def group_ends(
    backend: Backend,
    operation: Operation | Question,
    messages: Sequence[Message],
    response: Response,
    session: Session,
) -> list[SendEnd]:
    """Return what an answer proves for each message of a call."""
    attempts = [backend.attempt(message, session) for message in messages]
    if len(messages) == 1:
        return [backend.outcome(operation, messages[0], response, session, attempts[0])]
    first, *others = (
        TableCall(backend=backend, table=operation, attempt=at, session=session, message=message)
        for message, at in zip(messages, attempts, strict=True)
    )
    return first.judge_each(others, response)


def send_group(
    backend: Backend, messages: Sequence[Message], session: Session
) -> Exchange[list[SentEnd]]:
    """Send messages that differ in recipient and reference alone, and return how each ended.

    One whose number can't be written as the table says is left out. Raises a `CallerError` that is
    the same for all, before any I/O.
    """
    values = message_values(messages[0])
    operation = table_to_send(backend, messages[0], session, values)
    ends: dict[int, SentEnd] = {}
    said: list[HTTPCall] = []
    calls: dict[int, TableCall] = {}
    for number, message in enumerate(messages):
        try:
            operation.fill({**values, RECIPIENTS: [message.recipient]})
        except InvalidMessage as error:
            ends[number] = error
            continue
        calls[number] = TableCall(
            backend=backend,
            table=operation,
            attempt=backend.attempt(message, session),
            session=session,
            message=message,
            calls=said,
        )
    if calls:
        first, *others = calls.values()
        counted = messages[0].text if operation.counts() else None
        values |= generated_values(session, counted, operation.plan.made)
        values[RECIPIENTS] = [messages[number].recipient for number in calls]
        sent = yield from first.send_to_each(others, values)
        for (number, call), end in zip(calls.items(), sent, strict=True):
            ends[number] = end if isinstance(end, Submission) else call.with_its_start(end)
    return [ends[number] for number in range(len(messages))]
