"""What a client concludes from an answer: the outcome of each message of its call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from smsbridge.backends.group_send import group_ends

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Response, Session
    from smsbridge.mapping.outcome import SendEnd
    from smsbridge.serving.call import ReceivedCall


class Conclusions:
    """Judges answers as a client with the credentials of an account would, each one once."""

    def __init__(self, account: Backend, session: Session) -> None:
        """``session``: its clocks."""
        self._account = account
        self._session = session
        self._backends: dict[str, Backend] = {}
        self._last: tuple[Response, list[SendEnd]] | None = None

    def begin(self, account: Backend) -> None:
        """Judge the answers to another request, which may be one of another account."""
        if account is not self._account:
            self._account, self._backends = account, {}
        self._last = None

    def of(self, call: ReceivedCall, response: Response) -> list[SendEnd]:
        """Return the outcome of each message of a call, by the answer to it."""
        if self._last is None or self._last[0] is not response:
            backend = self._over(call.protocol.name)
            ends = group_ends(backend, call.table, call.messages, response, self._session)
            self._last = response, ends
        return self._last[1]

    def _over(self, protocol: str) -> Backend:
        """Return the backend of the account over a protocol, made once."""
        if protocol not in self._backends:
            self._backends[protocol] = replace(self._account, protocol=protocol)
        return self._backends[protocol]
