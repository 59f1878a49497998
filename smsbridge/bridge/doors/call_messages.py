"""The messages in a call: its table read backwards, with everything that the bridge passes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsbridge.backends.capabilities import table_to_send
from smsbridge.errors import InvalidMessage, Unsupported
from smsbridge.mapping.reread import time_in
from smsbridge.mapping.template import RECIPIENTS
from smsbridge.serving.call import unknown_fields
from smsbridge.serving.rest import NOT_UTF8

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Session
    from smsbridge.message import Message
    from smsbridge.serving.call import ReceivedCall

_CARRIED = {"recipient", RECIPIENTS, "text", "sender", "send_at", "channels", "reference"}
_MADE = {"now", "uuid", "encoding", "segments"}


def messages_of(call: ReceivedCall, dialect: Backend) -> list[Message]:
    """Return the messages of a call, one per recipient.

    Raises `InvalidMessage` if it, its send time or its encoding can't be read.
    """
    if NOT_UTF8 in call.leniencies:
        raise InvalidMessage("text: not in an encoding that the call or the door declares")
    if not call.messages:
        raise InvalidMessage(call.trouble or "it is not a message")
    said, more = call.values, dict[str, Any]()
    if sender := said.get("sender"):
        more["sender"] = sender
    if when := time_in(call.given, call.table.places(), "send_at"):
        found = when.read(dialect.zone())
        if found is None:
            raise InvalidMessage("send_at: the time can't be read")
        more["send_at"] = found.time
    return [replace(message, **more) for message in call.messages]


def omissions(call: ReceivedCall) -> list[str]:
    """Return the names of values in a call that the bridge doesn't pass on."""
    private = {*call.protocol.table.auth.credentials, "token"}
    known = call.values.keys() - _CARRIED - _MADE - private
    is_named = call.protocol.codec.needs_wsdl  # else its name is the caller's own
    others = {
        path if is_named else "a field that isn't in its table"
        for path, word in unknown_fields(call)
        if word not in (None, "", [])
    }
    return sorted(known | others)


def check_sendable(message: Message, target: Backend, session: Session) -> None:
    """Raise `Unsupported` or `InvalidMessage` for a message that a backend could never carry.

    The send time doesn't count: the bridge does the waiting.
    """
    members = [*target.members().values()] or [target]
    at_once = replace(message, send_at=None)
    troubles: list[Unsupported | InvalidMessage] = []
    for one in members:
        if one.protocol not in one.protocols:  # no table to check: the send will tell
            return
        try:
            table_to_send(one, at_once, session)
        except (Unsupported, InvalidMessage) as error:
            troubles.append(error)
        else:
            return
    raise troubles[0]
