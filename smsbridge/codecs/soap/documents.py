"""The documents that make up a WSDL: itself, the files beside it or locked, and our schemas."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.codecs.soap.envelope import ENCODING11
from smsbridge.codecs.soap.model import BadContract
from smsbridge.codecs.soap.xml import WSDL, BadXML, parse_xml
from smsbridge.codecs.soap.zeep_fixes import Tidy
from smsbridge.text.json_document import read_json
from smsbridge.text.masking import public_address

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

HERE = "http://bundled.invalid/"
LOCK = "wsdl.lock"
RELOCK = "smsbridge wsdl lock --update"
_XML = "http://www.w3.org/XML/1998/namespace"
_SCHEMAS = {
    ENCODING11: "smsbridge.wsdl:soapenc.xsd",
    _XML: "smsbridge.wsdl:xml.xsd",
    "http://www.w3.org/2001/xml.xsd": "smsbridge.wsdl:xml.xsd",
    "https://www.w3.org/2001/xml.xsd": "smsbridge.wsdl:xml.xsd",  # zeep's own idea of it
    "http://www.w3.org/2001/03/xml.xsd": "smsbridge.wsdl:xml.xsd",
}


class Absent(BadContract):
    """A document that a WSDL imports isn't here; ``address`` is where it is said to be."""

    def __init__(self, address: str) -> None:
        """Create the error; see the class for the argument."""
        beside = address.startswith(HERE)
        shown = address.removeprefix(HERE) if beside else public_address(address)
        how = "" if beside else "; nothing is fetched, but smsbridge wsdl lock brings it in"
        super().__init__(f"it imports {shown}, which is not a file beside it{how}")
        self.address = address


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A WSDL and what it may import: ``folder``, or ``others`` by address.

    ``address``: where it came from, for what it imports by a relative address.
    """

    document: bytes
    address: str = HERE
    folder: Path | None = None
    others: Mapping[str, bytes] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Hash by the document."""
        return hash(self.document)


class Documents:
    """Hands zeep what it may load, and keeps what it loaded: parsed, and ``raw`` but for ours."""

    def __init__(self, source: Source) -> None:
        """``source`` is the WSDL and what it may import."""
        self._source = source
        self._tidy = Tidy()
        self.loaded: dict[str, Element] = {}
        self.raw: dict[str, bytes] = {}

    def load(self, url: str) -> bytes:
        """Return a document as our own parser wrote it; raises `BadContract`."""
        from lxml import etree

        try:
            body = self._read(url)
            root = self._tidy.tidied(parse_xml(body, WSDL))
        except BadXML as error:
            shown = public_place(url).removeprefix(HERE)
            raise BadContract(f"{shown or 'the WSDL'}: {error}") from None
        self.loaded[url] = root
        if url not in _SCHEMAS:
            self.raw[url] = body
        return etree.tostring(root, encoding="utf-8")  # in ASCII a tag of other letters breaks

    def _read(self, url: str) -> bytes:
        source = self._source
        if url == source.address:
            return source.document
        for place in (url, public_place(url)):
            if place in source.others:
                return source.others[place]
        if url in _SCHEMAS:
            return bundled(_SCHEMAS[url])[0]
        beside = url.removeprefix(HERE)
        if beside != url and source.folder is not None:
            path = (source.folder / beside).resolve()
            if path.is_relative_to(source.folder.resolve()) and path.is_file():
                return path.read_bytes()
        raise Absent(url)


def bundled(resource: str) -> tuple[bytes, Path | None]:
    """Return a contract or schema that ships in a package, ``package:file``, and its folder."""
    package, _, name = resource.partition(":")
    folder = files(package)
    return folder.joinpath(name).read_bytes(), folder if isinstance(folder, Path) else None


class Altered(BadContract):
    """Locked files that were changed: ``source`` is what they are now, ``locked`` the lock."""

    def __init__(self, names: list[str], source: Source, locked: Mapping[str, Any]) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(f"{', '.join(names)}: changed since {LOCK} was written")
        self.source = source
        self.locked = locked


class Damaged(BadContract):
    """A lock that can't be read."""


def read_source(path: Path) -> Source:
    """Return the WSDL of a file: as its lock says where there is one. Raises `BadContract`."""
    try:
        document = path.read_bytes()
        held = path.parent / LOCK
        locked = read_json(held.read_text(encoding="utf-8")) if held.is_file() else {}
        if locked.get("wsdl") != path.name:
            return Source(document=document, folder=path.parent)
        return _locked(path, document, locked)
    except OSError as error:
        raise BadContract(f"can't read {path.name}: {error.strerror}") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        if isinstance(error, BadContract):
            raise
        raise Damaged(f"{LOCK} beside {path.name} is damaged: {RELOCK} writes a new one") from None


def _locked(path: Path, document: bytes, locked: Mapping[str, Any]) -> Source:
    found: dict[str, bytes] = {}
    altered: list[str] = []
    for name, entry in locked["files"].items():
        file = path.parent / name
        if not file.resolve().is_relative_to(path.parent.resolve()):
            raise Damaged(f"{LOCK} beside {path.name} names a file outside of its folder")
        if not file.is_file():
            altered.append(f"{name} (gone)")
            continue
        found[absolute(entry["from"])] = content = file.read_bytes()
        if sha256(content) != entry["sha256"]:
            altered.append(name)
    address = absolute(locked["files"][path.name]["from"])
    source = Source(document=document, address=address, others=found)
    if altered:
        raise Altered(altered, source, locked)
    return source


def absolute(address: str) -> str:
    """Return the address of a document, of a file by a name of ours."""
    return address if "://" in address else HERE + address


def public_place(address: str) -> str:
    """Return the address of a document as a lock has it: without what may be a key."""
    return address if address.startswith(HERE) else public_address(address)


def sha256(document: bytes) -> str:
    """Return the hash of a document, in hex."""
    return hashlib.sha256(document).hexdigest()


def same_host(one: str, other: str) -> bool:
    """Return whether two addresses are of one scheme, host and port."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]
