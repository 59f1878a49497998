"""The requests of a send, made as far as the wire and not carried: nothing of them leaves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request, Response, Session, drive
from smsbridge.serving.auth import provider_auth

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.message import Message
    from smsbridge.serving.auth import ProviderAuth

Mint = Callable[[str], str]
"""Returns a token for a name, such as ``token``."""


class _WouldLeave(Exception):
    """Raised when a request would leave to which nobody here knows the answer."""


@dataclass(frozen=True, slots=True)
class SendRequests:
    """What a send asks for, in order: the message itself is last, if it came so far.

    ``answers``: those of the first requests, such as one for a token, as they were made up here.
    """

    all: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    @property
    def message(self) -> Request | None:
        """The request that holds the message; None if something else would have left first."""
        last = self.all[-1] if self.all else None
        return None if last is None or last.share else last


def requests_of_send(backend: Backend, message: Message, mint: Mint) -> SendRequests:
    """Return the requests of a send; raises what the send would raise before any I/O.

    ``mint`` makes up each token that the backend asks for.
    """
    found, members = SendRequests(), backend.by_name()

    def carry(request: Request) -> Response:
        found.all.append(request)
        one = members.get(request.backend, backend)
        auth = _auth_of(one)
        answer = auth and auth.answer(request, one.credentials(), one.site(), mint)
        if answer and (request.share or answer.header("www-authenticate")):
            found.answers.append(answer)
            return answer
        raise _WouldLeave

    with suppress(_WouldLeave):
        drive(backend.send(message, Session()), carry)
    return found


def _auth_of(backend: Backend) -> ProviderAuth | None:
    """Return who answers a request for a token; None for a plug-in's auth that has nobody."""
    if backend.protocol not in backend.protocols:
        return None
    try:
        return provider_auth(backend.protocols[backend.protocol].auth)
    except ConfigError:
        return None
