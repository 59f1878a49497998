"""A request as the provider's side reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.call import ReceivedCall, read_call
from smsbridge.serving.provider_protocol import provider_protocols


def read(
    backend: Backend,
    request: Request,
    tokens: Collection[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> ReceivedCall | Response | None:
    return read_call(backend, provider_protocols(backend), request, tokens, note)


def received(
    backend: Backend,
    request: Request,
    tokens: Collection[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> ReceivedCall:
    """Return the call that a request makes."""
    call = read(backend, request, tokens, note)
    assert isinstance(call, ReceivedCall)
    return call
