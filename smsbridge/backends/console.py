"""A backend that prints what it would send to standard error: for development."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from smsbridge.backends.base import Backend
from smsbridge.mapping.operation import channels_word
from smsbridge.message import Submission

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Session
    from smsbridge.message import Message


class Console(Backend):
    """Prints each message in full, and accepts it."""

    name = "console"
    protocol = "console"

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Print the message; the submission has no id."""
        yield from ()
        channels = channels_word(message.channels)
        sys.stderr.write(f"to {message.recipient} by {channels}: {message.text}\n")
        return Submission(id=None, attempt=self.attempt(message, session))
