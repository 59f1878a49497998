"""Fetches a WSDL and everything that it imports, as an exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.documents import MissingDocument
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.codecs.soap.xml import WSDL
from smsbridge.http.exchange import Broken, Left, Request

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange

_MOST_DOCUMENTS = 200
_OK = 200


def fetch_wsdl(address: str, may: Callable[[str], bool], share: str) -> Exchange[Source]:
    """Return the WSDL at an address; ``may`` tells which imported addresses are fetched too.

    Raises `Broken` if a document can't be fetched, `BadWSDL` if they make no WSDL.
    """
    document = yield from _document(address, share)
    return (yield from fetch_imports(Source(document=document, address=address), may, share))


def fetch_imports(source: Source, may: Callable[[str], bool], share: str) -> Exchange[Source]:
    """Return a WSDL with what it imports and lacks; arguments and errors as in `fetched`."""
    fetched: dict[str, bytes] = {}
    while True:
        source = replace(source, others={**source.others, **fetched})
        try:
            load_ports(source)
        except MissingDocument as absent:
            if not may(absent.address):
                raise
            if len(fetched) == _MOST_DOCUMENTS:
                raise BadWSDL(f"it imports more than {_MOST_DOCUMENTS} documents") from None
            number = f"{share}.{len(fetched)}"
            fetched[absent.address] = yield from _document(absent.address, number)
        else:
            return source


def _document(address: str, share: str) -> Exchange[bytes]:
    response = yield Request(method="GET", url=address, share=share, most=WSDL.size)
    if response.status != _OK:
        raise Broken(Left.NOTHING, f"HTTP {response.status}")
    return response.body
