"""The values that the table of a call can name: those of a message, and those that are made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.operation import COMMANDS, MADE, QUESTIONS
from smsbridge.mapping.template import RECIPIENTS
from smsbridge.message import Channel, Message
from smsbridge.text.segments import segments

if TYPE_CHECKING:
    from smsbridge.http.exchange import Session

_MESSAGE = ("recipient", RECIPIENTS, "text", "channels", "send_at", "sender", "reference")


_BY_SMS = frozenset({Channel.SMS})


_UUID_BYTES = 16


_UUID_VERSION = 4


def channels_word(channels: frozenset[Channel]) -> str:
    """Return a set of channels as a table's word: ``sms``, ``whatsapp`` or ``sms+whatsapp``."""
    return "sms" if channels == _BY_SMS else "+".join(sorted(channels))


def message_values(message: Message) -> dict[str, Any]:
    """Return the values that a message itself has for a table."""
    values: dict[str, Any] = {
        "recipient": message.recipient,
        RECIPIENTS: [message.recipient],
        "text": message.text,
        "channels": channels_word(message.channels),
    }
    if message.send_at is not None:
        values["send_at"] = message.send_at
    if message.sender is not None:
        values["sender"] = message.sender
    values["reference"] = message.reference
    if (options := message.options) is not None:
        for one in fields(options):
            if (value := getattr(options, one.name)) is not None and value is not False:
                values[f"options.{one.name}"] = value
    return values


def generated_values(
    session: Session, text: str | None = None, wanted: Collection[str] = ("now", "uuid")
) -> dict[str, Any]:
    """Return the values that are made for a call: its time, an id, and what a text needs.

    ``wanted``: the names of those that its table carries.
    """
    values: dict[str, Any] = {}
    if "now" in wanted:
        values["now"] = session.now()
    if "uuid" in wanted:
        values["uuid"] = uuid_of(session)
    if text is not None:
        needs = segments(text)
        values |= {"encoding": str(needs.encoding), "segments": str(needs.count)}
    return values


def uuid_of(session: Session) -> str:
    """Return a random UUID."""
    from uuid import UUID

    return str(UUID(bytes=session.random(_UUID_BYTES), version=_UUID_VERSION))


REQUEST_VALUES = ("method", "url", "body")
"""The values that the headers of a call have of its own request, to sign it."""


def value_names(operation: str) -> set[str]:
    """Return the names of the values that the table of an operation may use."""
    if operation == "send":
        return {*_MESSAGE, "callback", *MADE}
    return {*{**QUESTIONS, **COMMANDS}.get(operation, ()), "now", "uuid"}
