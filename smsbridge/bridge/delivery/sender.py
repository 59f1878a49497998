"""Sends a claimed message once, and returns the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from smsbridge.bridge.store.stored_message import AT_ONCE, End, State, StoredMessage
from smsbridge.client.pacing import backoff
from smsbridge.client.sync import Client
from smsbridge.errors import Attempt, CallerError, NotSent, Outcome, SendError

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Session

ClientOf = Callable[["Backend", "Session"], Client]
"""Returns the client of a backend."""


def bridge_client(backend: Backend, session: Session) -> Client:
    """Return a client without retries: the store schedules those."""
    return Client(replace(backend, retry=None), session=session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends a claimed message once, and returns the outcome."""

    backends: Mapping[str, Backend]
    clients: Mapping[str, Client]
    session: Session
    now: Callable[[], float]

    def attempt(self, message: StoredMessage) -> Attempt:
        """Return the attempt about to be made."""
        backend, whole = self.backends.get(message.backend), message.message()
        if backend is not None and whole is not None:
            return backend.attempt(whole, self.session)
        return Attempt(
            backend=message.backend, protocol="", reference=message.id, started=self.session.now()
        )

    def send(self, message: StoredMessage) -> End:
        """Send a message, and return the outcome, which is only ever the client's."""
        client, whole = self.clients.get(message.backend), message.message()
        if client is None or whole is None:
            why = f"the config has no [backends.{message.backend}]" if whole else "text cleared"
            return End(state=State.NOT_SENT, why=why)
        try:
            return End.of_submission(client.send(whole))
        except SendError as error:
            return self._end(message, error)
        except CallerError as error:
            return End(state=State.NOT_SENT, why=str(error))
        except Exception as error:  # noqa: BLE001  (it may have been sent)
            why = f"it failed: {type(error).__name__}"
            return End(state=State.UNKNOWN, due=AT_ONCE, why=why)

    def _end(self, message: StoredMessage, error: SendError) -> End:
        retry = self.backends[message.backend].retry
        if isinstance(error, NotSent) and error.retry and retry and message.tries < retry.attempts:
            wait = error.retry_after
            wait = backoff(message.tries, self.session) if wait is None else wait
            return replace(End.of_error(error, due=self.now() + wait), state=State.STORED)
        return End.of_error(error, due=AT_ONCE if error.outcome is Outcome.UNKNOWN else None)
