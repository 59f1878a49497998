"""The messages that a call hands in: its table read backwards, with all that a bridge carries."""

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
    """Return the messages of a call, one for each recipient.

    Raises `InvalidMessage` where it, its time or its encoding can't be read.
    """
    if NOT_UTF8 in call.leniencies:
        raise InvalidMessage("text: it is in no encoding that its call or the door names")
    if not call.messages:
        raise InvalidMessage(call.trouble or "it is no message")
    said, more = call.values, dict[str, Any]()
    if sender := said.get("sender"):
        more["sender"] = sender
    if when := time_in(call.given, call.table.places(), "send_at"):
        found = when.read(dialect.zone())
        if found is None:
            raise InvalidMessage("send_at: its time can't be read")
        more["send_at"] = found.time
    return [replace(message, **more) for message in call.messages]


def omissions(call: ReceivedCall) -> list[str]:
    """Return the names of what a call has and a bridge doesn't carry on."""
    private = {*call.protocol.table.auth.credentials, "token"}
    known = call.values.keys() - _CARRIED - _MADE - private
    is_named = call.protocol.codec.needs_wsdl  # else its caller may name it as it likes
    others = {
        path if is_named else "a field that its table doesn't have"
        for path, word in unknown_fields(call)
        if word not in (None, "", [])
    }
    return sorted(known | others)


def check_sendable(message: Message, target: Backend, session: Session) -> None:
    """Raise `Unsupported` or `InvalidMessage` for a message that a backend could never carry.

    When it goes out is the bridge's own matter.
    """
    members = [*target.members().values()] or [target]
    at_once = replace(message, send_at=None)
    troubles: list[Unsupported | InvalidMessage] = []
    for one in members:
        if one.protocol not in one.protocols:  # it has no table, and says so when it sends
            return
        try:
            table_to_send(one, at_once, session)
        except (Unsupported, InvalidMessage) as error:
            troubles.append(error)
        else:
            return
    raise troubles[0]
