"""What a backend can do over its protocol, off its tables, and the errors for what it can't."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.backends.settings import Settings
from smsbridge.errors import InvalidMessage, Unsupported
from smsbridge.mapping.operation import (
    Operation,
    Protocol,
    Question,
    made_values,
    message_values,
)
from smsbridge.mapping.template import needed
from smsbridge.message import Options, Status
from smsbridge.text.segments import Encoding

if TYPE_CHECKING:
    from smsbridge.http.exchange import Session
    from smsbridge.message import Message

_LAST = frozenset(
    {Status.DELIVERED, Status.READ, Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED}
)


class Abilities(Settings):
    """Settings with tables: ``statuses``, ``options``, and what each call can carry."""

    statuses: ClassVar[Mapping[str, Status]] = {}
    options: ClassVar[type[Options] | None] = None
    by_block: ClassVar[bool] = False  # its tables are those of a block of config

    def ends(self, table: Question | None) -> frozenset[Status]:
        """Return the statuses after which no other comes; ``sent`` where none can tell more."""
        told = (table and table.statuses) or self.statuses
        return _LAST if Status.DELIVERED in told.values() else _LAST | {Status.SENT}

    def question(self, name: str) -> Question | None:
        """Return the table of a question, or None."""
        protocol = self.protocols.get(self.protocol)
        table = protocol.operations().get(name) if protocol else None
        return table if isinstance(table, Question) else None

    def askable(self, question: str, values: Mapping[str, Any]) -> Question:
        """Return the table of a question with those values; raises `Unsupported`."""
        table = self._table(question, f"answer {question}")
        if not isinstance(table, Question):
            raise self._unsupported(f"answer {question}", lambda _: False)
        used = {name for _, template in table.templates() for name in needed(template, values)}
        if lacking := sorted(values.keys() - used):
            raise Unsupported(f"{self.name} can't ask {question} by {lacking[0]}")
        return table

    def commandable(self, command: str, values: Mapping[str, Any]) -> Operation:
        """Return the table of a command with those values; raises `Unsupported`."""
        table = self._table(command, command)
        if not isinstance(table, Operation):
            raise self._unsupported(command, lambda _: False)
        if lacking := sorted(values.keys() - table.carries()):
            raise Unsupported(f"{self.name} can't {command} by {lacking[0]}")
        return table

    def _table(self, name: str, what: str) -> Operation | Question:
        if not self.protocols:
            raise Unsupported(f"{self.name} can't {what}")
        table = self.protocols[self.protocol].operations().get(name)
        if table is None:
            raise self._unsupported(what, lambda other: name in other.operations())
        return table

    def sendable(self, message: Message, session: Session) -> Operation:
        """Return the table that sends a message; raises `Unsupported` or `InvalidMessage`."""
        operation = self.protocols[self.protocol].send
        if operation is None:
            raise self._unsupported("send", lambda other: other.send is not None)
        if self.options is not None and not isinstance(message.options, self.options | None):
            kind = type(message.options).__name__
            raise Unsupported(f"{self.name} takes {self.options.__name__}, not {kind}")
        values = message_values(message)
        if operation.counts():
            values |= made_values(session, message.text)
        lacking = operation.lacks(values)
        if lacking and lacking[0] in operation.carries():
            by, other = f"by {values['channels']}", "by another channel"
            encoded = (values | {"encoding": str(one)} for one in Encoding)
            if operation.counts() and any(not operation.lacks(one) for one in encoded):
                by, other = f"in {values['encoding']}", "in another encoding"
            raise Unsupported(f"{self.name} can't carry {lacking[0]} {by}; {other} it can")
        if lacking:
            what = f"carry {lacking[0]}" if lacking[0] != "channels" else "send"
            raise self._unsupported(
                f"{what} by {values['channels']}",
                lambda other: other.send is not None and lacking[0] not in other.send.lacks(values),
            )
        if message.send_at is not None and message.send_at <= session.now():
            raise InvalidMessage(f"send_at {message.send_at}: give a time in the future")
        return operation

    def _unsupported(self, what: str, able: Callable[[Protocol], bool]) -> Unsupported:
        others = [name for name, protocol in self.protocols.items() if able(protocol)]
        hint = f"{' and '.join(others)} can" if others else "no protocol of it can"
        if self.by_block:
            hint = "its block has no table or field for it"
        return Unsupported(f"{self.name} over {self.protocol} can't {what}; {hint}")
