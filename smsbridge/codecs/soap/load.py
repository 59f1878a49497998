"""The ports of a WSDL, parsed once for as long as none of its documents changes.

They are kept in the process, and as a plan on disk.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.definitions import NOT_SOAP
from smsbridge.codecs.soap.documents import Documents
from smsbridge.codecs.soap.envelope import SOAP11
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.plan import read_ports, write_ports
from smsbridge.codecs.soap.plan_files import can_write, plan_folder, plan_key, read_plan, write_plan
from smsbridge.codecs.soap.wsdl_files import Source, sha256
from smsbridge.text.json_document import read_json
from smsbridge.text.suggest import list_words

if TYPE_CHECKING:
    from smsbridge.codecs.soap.model import XSDType
    from smsbridge.codecs.soap.port import Port, Ports

_MOST_KEPT = 32
_NO_PORT = "the WSDL has no SOAP port"
_kept: dict[Source, tuple[Documents, Ports]] = {}
_lock = threading.Lock()


def load_port(
    document: bytes | Source, folder: Path | None = None, pin: str = "", port: str = ""
) -> Port:
    """Return the contract of one port of a WSDL; raises `BadWSDL`.

    ``folder`` holds what it may import. ``pin``: its SHA-256, in hex. ``port``: which one, if it
    has several.
    """
    source = Source(document=document, folder=folder) if isinstance(document, bytes) else document
    if pin and sha256(source.document) != pin.lower():
        raise BadWSDL("the WSDL is not the one that wsdl_sha256 pins")
    ports = load_ports(source)
    return ports[_choose(ports, port)]


def load_ports(source: Source) -> Ports:
    """Return the contract of every SOAP port of a WSDL, by name; raises `BadWSDL`.

    It is parsed again if the WSDL, or a file that it imports, has changed.
    """
    with _lock:
        kept = _kept.get(source)
    if kept is not None and kept[0].are_current():
        return kept[1]
    documents, ports = recall_ports(source) or _parse(source)
    with _lock:
        _kept.pop(source, None)
        _kept[source] = documents, ports
        while len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
    return ports


def recall_ports(source: Source) -> tuple[Documents, Ports] | None:
    """Return the ports of a WSDL by the plan on disk, if it has one."""
    folder = plan_folder()
    lines = read_plan(folder, _key(source)) if folder else None
    if lines is None:
        return None
    documents = Documents(source)
    with suppress(ValueError, LookupError, TypeError, AttributeError):  # it is not one of ours
        digests, *plan = lines
        if documents.recall(read_json(digests)):
            return documents, read_ports(plan, documents.raw, _TypesBeside(source).find)
    return None


def _parse(source: Source) -> tuple[Documents, Ports]:
    """Return the ports of a WSDL by zeep, and keep their plan on disk where that is possible."""
    from smsbridge.codecs.soap.wsdl import parse_ports

    documents = Documents(source)
    ports = parse_ports(documents)
    folder = plan_folder()
    digests = documents.digests()
    if folder is not None and digests is not None and can_write(folder):
        with suppress(RecursionError):
            write_plan(folder, _key(source), [json.dumps(digests), *write_ports(ports)])
    return documents, ports


def _key(source: Source) -> str:
    places = f"{source.address}\n{source.folder}\n{source.above}"
    return plan_key(source.document, places.encode())


class _TypesBeside:
    """The types that a plan doesn't have, since no message holds them: the WSDL is parsed then."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ports: Ports | None = None

    def find(self, port: str, name: str) -> XSDType | None:
        """Return the type of a local name."""
        if self._ports is None:
            from smsbridge.codecs.soap.wsdl import parse_ports

            self._ports = parse_ports(Documents(self._source))
        return self._ports[port].types(name)


def require_ports(source: Source) -> Ports:
    """Return the same of a WSDL that has one; raises `BadWSDL`, with what is wrong with each."""
    ports = load_ports(source)
    if not ports:
        whys = [why for _, why in ports.refused.values() if not why.endswith(NOT_SOAP)]
        raise BadWSDL("; ".join(whys) or _NO_PORT)
    return ports


def _choose(ports: Ports, wanted: str) -> str:
    names = list_words(ports) or "none"
    _, why = ports.refused.get(wanted, ("", NOT_SOAP))
    if not why.endswith(NOT_SOAP):
        raise BadWSDL(why, "port")
    if wanted:
        if wanted not in ports:
            raise BadWSDL(f"the WSDL has no SOAP port {wanted!r}; it has {names}", "port")
        return wanted
    usable = {name: port for name, port in ports.items() if port.address} or ports
    first = [name for name, found in usable.items() if found.version == SOAP11] or list(usable)
    if len(first) != 1:
        hint = "; set port to one of them" if first else ""
        whys = "" if first else "".join(f"; {why}" for _, why in ports.refused.values())
        raise BadWSDL(f"the WSDL must have one SOAP port; it has {names}{hint}{whys}")
    return first[0]
