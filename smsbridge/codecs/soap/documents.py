"""The documents that make up a WSDL: itself, the files beside it or locked, and our schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from smsbridge.codecs.soap.definitions import WSDL_SPACE
from smsbridge.codecs.soap.envelope import ENCODING11, XSD
from smsbridge.codecs.soap.imports import HERE, FilesBeside, imports, in_namespace, join, schemas_of
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.repairs import LostName, Repairs, open_datasets, strip
from smsbridge.codecs.soap.wsdl_files import Source, public_place, read_bundled, sha256
from smsbridge.codecs.soap.xml import WSDL, BadXML, parse_xml
from smsbridge.codecs.soap.xsd_limits import TypeSizes
from smsbridge.codecs.soap.xsd_redefine import Names, rename_old, unfold_redefines
from smsbridge.http.address import is_http
from smsbridge.text.masking import public_address

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_XS = f"{{{XSD}}}"
_STRAY = f".//{_XS}schema//{{http://schemas.xmlsoap.org/wsdl/}}*"
_MOST_ELEMENTS = 200_000
_XML = "http://www.w3.org/XML/1998/namespace"
_SCHEMAS = {
    ENCODING11: "smsbridge.wsdl:soapenc.xsd",
    _XML: "smsbridge.wsdl:xml.xsd",
    "http://www.w3.org/2001/xml.xsd": "smsbridge.wsdl:xml.xsd",
    "https://www.w3.org/2001/xml.xsd": "smsbridge.wsdl:xml.xsd",  # zeep's own idea of it
    "http://www.w3.org/2001/03/xml.xsd": "smsbridge.wsdl:xml.xsd",
}


class MissingDocument(BadWSDL):
    """A document that a WSDL imports is missing; ``address`` is where it is said to be."""

    def __init__(self, address: str, *, above: bool = False) -> None:
        """``above``: whether what is above the folder would have been read."""
        beside = address.startswith(HERE)
        shown = address.removeprefix(HERE) if beside else public_address(address)
        out = ", but smsbridge wsdl lock brings it in" if is_http(address) else ""
        how = "" if beside else f"; nothing is fetched{out}"
        if beside and shown.startswith("../") and not above:
            how = "; nothing above its folder is read, but smsbridge wsdl lock brings it in"
        super().__init__(f"it imports {shown}, which is not a file beside it{how}")
        self.address = address


class Documents:
    """Gives zeep what it may load, and keeps it: parsed, and as ``raw`` bytes, except our own."""

    def __init__(self, source: Source) -> None:
        """``source`` is the WSDL and what it may import."""
        self._source = source
        self._sizes = TypeSizes()
        self._beside = FilesBeside(source.folder)
        self._spaces: dict[str, set[str]] = {}
        self.loaded: dict[str, Element] = {}
        self.raw: dict[str, bytes] = {}
        self.lost: Mapping[str, LostName] = {}
        self._redefined: dict[str, Names] = {}

    @property
    def address(self) -> str:
        """Where the WSDL itself came from."""
        return self._source.address

    def are_current(self) -> bool:
        """Return whether each document that was loaded is still what it was."""
        try:
            return all(self._read(url) == body for url, body in self.raw.items())
        except (MissingDocument, OSError):
            return False

    def digests(self) -> dict[str, str] | None:
        """Return the hash of each document that was loaded, by address.

        None where an address may hold a key, or a document was found by what is in it.
        """
        if self._beside.taken or any(public_place(url) != url for url in self.raw):
            return None
        return {url: sha256(body) for url, body in self.raw.items()}

    def recall(self, digests: Mapping[str, str]) -> bool:
        """Take documents as loaded, without a look at them; return whether they have these hashes.

        They are not parsed: there is nothing to `load`.
        """
        try:
            found = {url: self._read(url) for url in digests}
        except (MissingDocument, OSError):
            return False
        self.raw = found
        return self.address in digests and self.digests() == digests

    def gather(self) -> None:
        """Load the WSDL and all that it imports, and repair it; raises `BadWSDL`."""
        waiting = [(self.address, "")]
        for url, space in waiting:
            self._spaces.setdefault(url, set()).add(space)
            if url in self.loaded:
                continue
            if not self._is_there(url):
                self._beside.take(url, space, self.raw.values())
            for found in imports(self._parse(url), space):
                place = self._place(url, found.place)
                found.node.set(found.attribute, place)
                waiting.append((place, found.space))
        main = self.loaded[self.address]
        if main.tag != f"{{{WSDL_SPACE}}}definitions":
            raise BadWSDL("it is XML, but not a WSDL 1.1")
        encoding = parse_xml(read_bundled(_SCHEMAS[ENCODING11])[0], WSDL)
        repairs = Repairs([*self.schemas(), encoding])
        for url, root in self.loaded.items():
            if url not in _SCHEMAS:
                repairs.repair(root)
        repairs.declare(main)
        self.lost = repairs.lost

    def _place(self, base: str, said: str) -> str:
        """Return the address of what a document names; of the WSDL itself, its own."""
        try:
            place = join(base, said)
        except ValueError:
            raise BadWSDL("can't read the WSDL: an import's address is not a URL") from None
        if place.startswith(HERE) and self._is_there(place):
            return self.address if self._read(place) == self._source.document else place
        return place

    def schemas(self) -> list[Element]:
        """Return every schema of what was loaded, in its order."""
        return [schema for root in self.loaded.values() for schema in schemas_of(root)]

    def wsdls(self) -> list[Element]:
        """Return the WSDL and what it and they import as WSDLs, of which some may be schemas."""
        found, waiting = [], [self.address]
        for url in waiting:
            root = self.loaded[url]
            found.append(root)
            places = (one.place for one in imports(root) if one.attribute == "location")
            waiting += [place for place in dict.fromkeys(places) if place not in waiting]
        return found

    def load(self, url: str) -> bytes:
        """Return a document as our own parser wrote it; raises `BadWSDL`."""
        from lxml import etree

        root = self.loaded[url] if url in self.loaded else self._parse(url)
        space, *others = self._spaces.get(url, {""})
        if space and not others:  # zeep gives it the default namespace of what includes it
            root = in_namespace(root, space)
        return etree.tostring(root, encoding="utf-8")  # in ASCII a tag of other letters breaks

    def _parse(self, url: str) -> Element:
        try:
            body = self._read(url)
            root = parse_xml(body, WSDL)
            rename_old(root, self._redefined.get(url, set()))
            for said, names in unfold_redefines(root):
                place = self._place(url, said)
                self._redefined.setdefault(place, set()).update(names)
                if place in self.loaded:
                    rename_old(self.loaded[place], names)
            root = self._mend(root)
        except BadXML as error:
            shown = public_place(url).removeprefix(HERE)
            raise BadWSDL(f"{shown or 'the WSDL'}: {error}") from None
        self.loaded[url] = root
        if url not in _SCHEMAS:
            self.raw[url] = body
        return root

    def _mend(self, root: Element) -> Element:
        """Return a document whose choices say themselves that they may be empty: zeep forgets it.

        Raises `BadXML` where all documents so far, with what zeep copies of them, would make it
        grow without end.
        """
        for stray in root.iterfind(_STRAY):
            if next(stray.iterancestors(f"{_XS}annotation"), None) is None:
                name = str(stray.tag).rpartition("}")[2]
                raise BadXML(f"its schema has <{name}> in the namespace of WSDL, not of XML Schema")
        strip(root)
        open_datasets(root)
        for choice in root.iter(f"{_XS}choice"):
            if any(inner.get("minOccurs", "").strip() == "0" for inner in choice):
                choice.set("minOccurs", "0")
        for schema in root.iter(f"{_XS}schema"):
            self._sizes.add(schema)
        if sum(size.elements for size in self._sizes.all().values()) > _MOST_ELEMENTS:
            raise BadXML(f"its types and groups would grow to more than {_MOST_ELEMENTS} elements")
        return root

    def _is_there(self, url: str) -> bool:
        try:
            self._read(url)
        except MissingDocument:
            return False
        return True

    def _read(self, url: str) -> bytes:
        source = self._source
        if url == source.address:
            return source.document
        for place in (url, public_place(url)):
            if place in source.others:
                return source.others[place]
        if url in _SCHEMAS:
            return read_bundled(_SCHEMAS[url])[0]
        if (taken := self._beside.taken.get(url)) is not None:
            return taken.read_bytes()
        beside = url.removeprefix(HERE)
        if beside != url and source.folder is not None:
            names = (beside, unquote(beside), beside.replace("\\", "/"))
            for name in dict.fromkeys(one for one in names if "\0" not in one):
                path = (source.folder / name).resolve()
                inside = path.is_relative_to(source.folder.resolve()) or source.above
                if inside and path.is_file():
                    return path.read_bytes()
        raise MissingDocument(url, above=source.above)
