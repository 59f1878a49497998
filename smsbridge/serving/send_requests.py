"""Builds the requests of a send without sending any."""

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
    """Raised for a request whose answer can't be made up here."""


@dataclass(frozen=True, slots=True)
class SendRequests:
    """The requests of a send, in order; the message itself is last, if it got that far.

    ``answers``: those to earlier requests, such as for a token, as made up here.
    """

    all: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    @property
    def message(self) -> Request | None:
        """The request with the message; None if another would have been sent first."""
        last = self.all[-1] if self.all else None
        return None if last is None or last.share else last


def requests_of_send(backend: Backend, message: Message, mint: Mint) -> SendRequests:
    """Return the requests of a send; raises what it would raise before any I/O.

    ``mint`` makes up each token that the backend requests.
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
    """Return what answers a token request; None for a plug-in's auth without a provider's side."""
    if backend.protocol not in backend.protocols:
        return None
    try:
        return provider_auth(backend.protocols[backend.protocol].auth)
    except ConfigError:
        return None
