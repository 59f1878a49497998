"""A backend that keeps what it was sent: for tests of an application, without any network."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from smsbridge.backends.base import Backend
from smsbridge.message import Submission

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Session
    from smsbridge.message import Message


class Memory(Backend):
    """Accepts every message; ``messages`` are those it was sent, oldest first."""

    name = "memory"
    protocol = "memory"

    messages: list[Message] = field(default_factory=list, repr=False, init=False)

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Keep the message; its id is its place in the list, from 1."""
        yield from ()
        self.messages.append(message)
        return Submission(id=str(len(self.messages)), attempt=self.attempt(message, session))
