"""What carries the requests of a backend, by its key ``transport`` and what is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from smsbridge.backends.base import Backend
from smsbridge.client.send_many import MOST
from smsbridge.http.transport import CURL

if TYPE_CHECKING:
    from smsbridge.http.transport import AsyncTransport, Transport


def make_transport(backend: Backend, monotonic: Callable[[], float]) -> Transport:
    """Return a transport for calls that wait for their answers; ``monotonic`` is its clock."""
    if backend.transport == CURL:
        from smsbridge.http.curl_transport import CurlTransport

        return CurlTransport(backend, monotonic)
    from smsbridge.http.requests_transport import RequestsTransport

    return RequestsTransport(backend, monotonic)


def make_loop_transport(backend: Backend, monotonic: Callable[[], float]) -> AsyncTransport:
    """Return a transport for many calls in one event loop."""
    if backend.transport == CURL:
        from smsbridge.http.curl_multi import CurlMultiTransport

        return CurlMultiTransport(backend, monotonic)
    from smsbridge.http.aiohttp_transport import AiohttpTransport

    return AiohttpTransport(backend, monotonic, MOST)


def can_send_in_loop(backend: Backend) -> bool:
    """Return whether an event loop can make the sends of a backend, and nothing in them waits.

    A backend that overrides ``send`` might wait for something; and the transport must be installed.
    """
    is_by_table = type(backend).send is Backend.send
    return is_by_table and (backend.transport == CURL or find_spec("aiohttp") is not None)
