"""Whether the WSDL at its address is still the one that was locked: fetched, and only compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from smsbridge.cli.doctor.finding import Finding
from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.fetch import fetch_wsdl
from smsbridge.codecs.soap.lockfile import WSDLChanged, check_lock
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import LOCK, public_place, same_host
from smsbridge.errors import SmsbridgeError
from smsbridge.http.address import is_url
from smsbridge.http.exchange import drive
from smsbridge.text.json_document import read_json
from smsbridge.text.masking import HIDDEN

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request, Response


def compare_live(backend: Backend, carry: Callable[[Request], Response]) -> Finding:
    """Return how the WSDL at its address differs from the lock of a backend, in words.

    ``carry`` fetches it, and what it imports; it raises `SmsbridgeError` for what can't be fetched.
    """
    protocol = backend.protocols[backend.protocol]
    if not isinstance(protocol.codec, Soap):
        return _live(f"nothing to compare: {backend.protocol} has no WSDL")
    if not backend.wsdl:
        return _live("nothing to compare: the WSDL ships with the backend")
    if is_url(backend.wsdl):
        return _live("nothing to compare: each client fetches the WSDL from its address")
    return _compare(Path(backend.wsdl), carry)


def _compare(wsdl: Path, carry: Callable[[Request], Response]) -> Finding:
    held, here = wsdl.parent / LOCK, Path.cwd()
    origins = _origins(held, wsdl.name)
    address = next(iter(origins), "")
    folder = wsdl.parent.relative_to(here) if wsdl.is_relative_to(here) else wsdl.parent
    relock = f"smsbridge wsdl lock URL --to {quote(str(folder))}"
    if not held.is_file():
        return _live(f"there is no {LOCK} beside {wsdl.name}", f"lock it: {relock}")
    if not is_url(address):
        said = f"{LOCK} has no address for {wsdl.name}"
        return _live(said, f"lock it from its address: {relock} --update")
    if HIDDEN in address:
        said = f"{LOCK} does not hold the whole address, as its query may be a key"
        return _live(said, f"compare with the whole address: {relock}")

    def may_fetch(found: str) -> bool:
        return same_host(address, found) or public_place(found) in origins

    try:
        live = drive(fetch_wsdl(address, may_fetch, "wsdl"), carry)
        check_lock(held, live, wsdl.name)
    except (SmsbridgeError, BadWSDL) as error:
        return _explain(error, f"{relock.replace('URL', quote(address))} --update")
    return _live("the WSDL at its address is the one that was locked")


def _explain(error: Exception, take: str) -> Finding:
    """Return what an error of a comparison means; ``take`` locks what is at the address now."""
    match error:
        case WSDLChanged():
            said = f"the WSDL at its address is not the locked one: {'; '.join(error.changes)}"
            return _live(said, f"ask the vendor which one is right; to take the new one: {take}")
        case BadWSDL():
            said = f"what is at its address can't be used: {error}"
            return _live(said, "ask the vendor; until then the locked copy is used, as before")
    said = f"the WSDL can't be compared: {error}"
    return _live(said, "try again; if it keeps failing, ask the vendor for its address")


def _live(said: str, todo: str = "") -> Finding:
    return Finding(name="live", said=said, todo=todo)


def _origins(held: Path, name: str) -> list[str]:
    """Return where the locked documents are from, the WSDL first; none if a lock is unreadable."""
    try:
        files = read_json(held.read_text(encoding="utf-8"))["files"]
        return [files[name]["from"], *(entry["from"] for entry in files.values())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
