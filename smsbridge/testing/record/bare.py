"""A backend without tables: for a service of which only its recordings, or a WSDL, are known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from smsbridge.backends.base import Backend, backend
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.lockfile import read_wsdl
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

if TYPE_CHECKING:
    from smsbridge.testing.fixture.load import Fixture


OUR_NAME = "recorded"
"""What the ids of recordings begin with that no table decoded."""


def bare_backend(name: str) -> Backend:
    """Return a backend that has no protocol: a mock of it answers what its scenario has."""
    made: type[Backend] = backend(type("BareBackend", (Backend,), {"name": name, "protocols": {}}))
    return made()


def recorded_backend(fixture: Fixture, folder: Path) -> Backend | None:
    """Return the backend of a recording that needs no table; None for any other fixture.

    ``folder``: where the recording is, with the WSDL of its service, if it has one.
    """
    name = fixture.id.partition("/")[0]
    if name != OUR_NAME:
        return None
    for file in sorted(folder.glob("*.wsdl")):
        try:
            return wsdl_backend(read_wsdl(file), name)
        except BadWSDL:
            continue
    return bare_backend(name)


def main_contract(documents: Mapping[str, bytes]) -> Source | None:
    """Return the WSDL that the documents of a provider make, with what it imports; else None."""
    for address, document in documents.items():
        source = Source(document=document, address=address, others=documents)
        try:
            if load_ports(source):
                return source
        except BadWSDL:
            continue
    return None
