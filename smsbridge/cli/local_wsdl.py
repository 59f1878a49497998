"""The WSDL of a backend as a file, for a command: one at an address is fetched for the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.codec import is_url
from smsbridge.codecs.soap.documents import same_host
from smsbridge.codecs.soap.fetch import fetched
from smsbridge.codecs.soap.lockfile import lock, wsdl_name
from smsbridge.codecs.soap.model import BadContract
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Request, Response, drive


@contextmanager
def at_hand(backend: Backend, carry: Callable[[Request], Response]) -> Iterator[Backend]:
    """Yield a backend whose WSDL is a file: one that is at an address is fetched, for the time.

    Raises `ConfigError`, or what ``carry`` raises.
    """
    if not is_url(backend.wsdl):
        yield backend
        return
    address = backend.site().checked(backend.wsdl)
    with TemporaryDirectory(prefix="smsbridge-") as folder:
        try:
            source = drive(fetched(address, partial(same_host, address), "wsdl"), carry)
            found = lock(source, wsdl_name(address), Path(folder))
        except BadContract as error:
            raise ConfigError(f"wsdl: {error}", ("wsdl",)) from None
        yield replace(backend, wsdl=str(found.wsdl))
