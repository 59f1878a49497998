"""A backend that prints what it would send to standard error: for development."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from smsbridge.backends.base import Backend, backend
from smsbridge.mapping.call_values import channels_word
from smsbridge.message import Submission

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Session
    from smsbridge.message import Message


@backend
class Console(Backend):
    """Prints each message in full, and accepts it."""

    name = "console"
    protocol = "console"

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Print the message; the submission has no id."""
        yield from ()
        channels = channels_word(message.channels)
        sender = f" from {message.sender}" if message.sender else ""
        at = f" at {message.send_at.isoformat()}" if message.send_at else ""
        sys.stderr.write(f"to {message.recipient} by {channels}{sender}{at}: {message.text}\n")
        return Submission(id=None, attempt=self.attempt(message, session))
