"""What a client must make of a conversation, by the table of the backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.errors import Outcome
from smsbridge.http.exchange import Session
from smsbridge.mapping.operation import Operation
from smsbridge.message import Submission
from smsbridge.testing.record.recorded_conversation import RecordedConversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """``keys``: ``message`` and ``expect`` of a fixture; ``outcome``: the word of the latter."""

    outcome: str
    keys: Mapping[str, Any]


def expectation_of(conversation: RecordedConversation, backend: Backend) -> Expectation | None:
    """Return the result of a send, as the table reads the last answer; None without a table.

    Of several messages by one call there is none either: a fixture has one.
    """
    main = conversation.main
    call, answer = main.call, main.source.response
    if call is None or call.operation != "send" or call.message is None or answer is None:
        return None
    if not isinstance(call.table, Operation) or call.others:
        return None
    session = Session()
    own = replace(backend, protocol=call.protocol.name)
    attempt = own.attempt(call.message, session)
    end = own.outcome(call.table, call.message, answer, session, attempt)
    message = {"recipient": call.message.recipient, "text": call.message.text}
    if isinstance(end, Submission):
        expect: dict[str, Any] = {"outcome": str(Outcome.ACCEPTED), "id": end.id}
    else:
        expect = {"outcome": str(end.outcome)}
        reason, code = getattr(end, "reason", None), getattr(end, "code", None)
        expect |= {"reason": str(reason)} if reason else {}
        expect |= {"code": code} if code else {}
    return Expectation(outcome=expect["outcome"], keys={"message": message, "expect": expect})
