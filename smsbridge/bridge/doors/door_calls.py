"""Handles the calls of an authenticated caller: sends, questions and commands."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsbridge.bridge.doors.call_messages import check_sendable, messages_of, omissions
from smsbridge.bridge.doors.door_answers import DoorAnswers
from smsbridge.bridge.doors.door_config import AnswerWhen, DoorConfig
from smsbridge.bridge.doors.door_log import DoorLog
from smsbridge.bridge.doors.public_reason import public_reason
from smsbridge.bridge.store.message_store import NoStep, OtherContent, Put
from smsbridge.bridge.store.stored_message import AT_ONCE, End, NewMessage, State, StoredMessage
from smsbridge.errors import InvalidMessage, Reason, Unsupported
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import flat
from smsbridge.mapping.reread import time_in
from smsbridge.serving.call import field_name
from smsbridge.text.suggest import list_words

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.serving.call import ReceivedCall
    from smsbridge.serving.codec import DeclaredField

LOG = logging.getLogger("smsbridge.bridge")
_MOST_KEY = 255
_PLAIN = re.compile(r"[A-Za-z][A-Za-z_.-]{0,39}")
"""Names that may be logged, although a caller made them up: they can't hold a number."""
_OTHER_FIELD = "a field that isn't in its table"
_TIMES = ("after", "before", "first", "last")
_BAD = (Reason.REQUEST, Reason.OTHER)
_BLAMED = {
    "recipient": Reason.RECIPIENT,
    "number": Reason.RECIPIENT,
    "text": Reason.CONTENT,
    "sender": Reason.SENDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An answer that waits up to ``wait`` seconds for an outcome; ``answer`` then builds it."""

    message: StoredMessage
    wait: float
    answer: Callable[[StoredMessage], Response]


@dataclass(slots=True)
class DoorCounts:
    """A door's counters, by caller: messages stored, repeats, and leniencies.

    ``refused``: calls refused, by reason. Thread-safe.
    """

    stored: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    leniencies: Counter[tuple[str, str]] = field(default_factory=Counter)
    _turn: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def add_message(self, caller: str, *, again: bool) -> None:
        """Count a stored message, or a repeat of one."""
        with self._turn:
            (self.repeated if again else self.stored)[caller] += 1

    def refuse(self, why: str) -> None:
        """Count a refused call."""
        with self._turn:
            self.refused[why] += 1

    def note(self, caller: str, leniency: str) -> bool:
        """Count a leniency that a caller needed; return whether it is the first of its kind."""
        with self._turn:
            self.leniencies[caller, leniency] += 1
            return self.leniencies[caller, leniency] == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorCalls:
    """Handles callers' calls. ``dialect``: the backend it speaks; ``target`` sends the messages.

    ``declared``: the fields that the contract of a protocol has for a send, by its name.
    """

    config: DoorConfig
    dialect: Backend
    target: Backend
    store: MessageStore
    session: Session
    answers: DoorAnswers
    counts: DoorCounts
    declared: Mapping[str, Mapping[str, DeclaredField]]

    def answer(self, request: Request, call: ReceivedCall, caller: str) -> Response | Waiting:
        """Return the answer to a call; raises `StoreError` if the store can't be used."""
        log = DoorLog(self.store, self.config.name, self.dialect.zone())
        values = self._values(call)
        match call.operation:
            case "send":
                return self._send(request, call, caller)
            case "status" | "sent":
                found = log.rows(call.operation, values, caller)
                return self.answers.rows(request, call, found)
            case "received":
                return self.answers.received(request, call, log.received(values, caller))
            case "delete" if log.delete(values, caller):
                return self.answers.accept_command(request, call, values.get("id", ""))
            case "resend" if again := self._resend(call, caller):
                return self.answers.first(request, call, [again])
        return self.answers.refuse(request, call, *_BAD)

    def note(self, caller: str, leniency: str) -> None:
        """Count a leniency that a caller needed, and log the first of its kind."""
        if self.counts.note(caller, leniency):
            said = {"door": self.config.name, "caller": caller}
            LOG.info("leniency: %s", leniency, extra=said)

    def _values(self, call: ReceivedCall) -> Mapping[str, str]:
        """Return the values of a call, with its times in ISO 8601: the dialect has its own form."""
        values = dict(call.values)
        for name in _TIMES:
            said = time_in(call.given, call.table.places(), name)
            if said is None or (said.word.isdigit() and not said.form):  # it may be an id
                continue
            if found := said.read(self.dialect.zone()):
                values[name] = found.time.isoformat()
        return values

    def _resend(self, call: ReceivedCall, caller: str) -> StoredMessage | None:
        """Requeue a message that is known to have failed; None if it isn't."""
        known = call.values.get("id", "")
        message = self.store.find(known, door=self.config.name, caller=caller)
        if message is None or message.state not in (State.NOT_SENT, State.REJECTED):
            return None
        again = End(state=State.STORED, due=AT_ONCE, why="resent by its caller")
        try:
            return self.store.move(message, again, f"caller {caller}", tries=0)
        except NoStep:  # it was changed meanwhile
            return None

    def _send(self, request: Request, call: ReceivedCall, caller: str) -> Response | Waiting:
        reference = call.values.get("reference", "")
        key = reference or request.header("idempotency-key")
        try:
            messages = messages_of(call, self.dialect)
            for message in messages:
                check_sendable(message, self.target, self.session)
            if len(key) > _MOST_KEY or not key.isprintable():
                raise InvalidMessage(f"reference: give at most {_MOST_KEY} printable characters")  # noqa: TRY301  (refused like any other)
        except (InvalidMessage, Unsupported) as error:
            return self._refuse_message(request, call, caller, error)
        left = omissions(call, self.dialect, self._contract_fields(call))
        if refused := sorted(name for name in left.said if not self._may_drop(call, name)):
            return self._refuse_fields(request, call, caller, refused)
        several = [
            NewMessage(
                message=message,
                door=self.config.name,
                caller=caller,
                protocol=call.protocol.name,
                backend=self.config.to,
                reference=reference,
                key=f"{key}\0{number}" if key and number else key,
                same_within=self.config.same_within,
                others=tuple(one.recipient for one in messages if key and one is not message),
            )
            for number, message in enumerate(messages)
        ]
        try:
            puts = self.store.put_all(several)
        except OtherContent:
            self.counts.refuse("the reference of another message")
            said = {"door": self.config.name, "caller": caller}
            LOG.warning("refused: its reference belongs to another message", extra=said)
            return self.answers.refuse(request, call, *_BAD)
        for put in puts:
            self._count(put, caller, named=bool(key))
        for names, what in ((left.said, "is not passed on"), (left.unset, "counts as not set")):
            for name in {self._own_name(call, one) or _OTHER_FIELD for one in names}:
                self.note(caller, f"{name} {what}")
        if self.config.answer is AnswerWhen.STORED:
            return self.answers.first(request, call, [put.message for put in puts])
        return Waiting(
            message=puts[0].message,
            wait=self.config.wait,
            answer=lambda ended: self.answers.end(request, call, ended),
        )

    def _count(self, put: Put, caller: str, *, named: bool) -> None:
        self.counts.add_message(caller, again=put.again)
        what = "stored" if not put.again else "repeat" if named else "treated as a repeat"
        said = {"door": self.config.name, "caller": caller, "id": put.message.id}
        LOG.info(what, extra=said)

    def _may_drop(self, call: ReceivedCall, name: str) -> bool:
        return self.config.ignores(name, is_declared=name in self._contract_fields(call))

    def _contract_fields(self, call: ReceivedCall) -> Mapping[str, DeclaredField]:
        return self.declared.get(call.protocol.name, {})

    def _own_name(self, call: ReceivedCall, name: str) -> str:
        """Return a field's name if it is the service's; any other was made up by its caller."""
        return name if name in self._names(call) else ""

    def _names(self, call: ReceivedCall) -> Collection[str]:
        return {*self._contract_fields(call), *map(field_name, call.table.places())}

    def _refuse_fields(
        self, request: Request, call: ReceivedCall, caller: str, names: list[str]
    ) -> Response:
        self.counts.refuse("a field that can't be passed on")
        plain = (one if _PLAIN.fullmatch(one) else _OTHER_FIELD for one in names)
        shown = {self._own_name(call, one) or said for one, said in zip(names, plain, strict=True)}
        LOG.warning(
            "refused: %s can't be passed on; to drop a field, add it to ignore in [doors.%s]",
            list_words(sorted(shown)),
            self.config.name,
            extra={"door": self.config.name, "caller": caller},
        )
        return self.answers.refuse(request, call, *_BAD)

    def _refuse_message(
        self,
        request: Request,
        call: ReceivedCall,
        caller: str,
        error: InvalidMessage | Unsupported,
    ) -> Response:
        self.counts.refuse("a message that can't be carried")
        private = (text(word) for _, word in flat(call.given))
        LOG.warning(
            "refused: %s",
            public_reason(str(error), private, {*self._names(call)}),
            extra={"door": self.config.name, "caller": caller},
        )
        reason = _BLAMED.get(str(error).partition(" ")[0].rstrip(":"), Reason.REQUEST)
        return self.answers.refuse(request, call, reason, *_BAD)
