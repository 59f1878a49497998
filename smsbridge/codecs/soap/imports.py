"""What a document of a WSDL imports, and the file that an address means."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from smsbridge.codecs.soap.definitions import WSDL_SPACE
from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.xml import WSDL, BadXML, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

HERE = "http://bundled.invalid/"
_XS = f"{{{XSD}}}"
_WSDL = f"{{{WSDL_SPACE}}}"
_MOST_FILES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import: the element and its attribute that says the place, and the namespace, if any."""

    node: Element
    attribute: str
    place: str
    space: str


def schemas_of(root: Element) -> list[Element]:
    """Return the schemas of a document, which may be one itself."""
    if root.tag == f"{_XS}schema":
        return [root]
    return root.findall(f"{_WSDL}types/{_XS}schema")


def imports(root: Element, inherited: str = "") -> Iterator[Import]:
    """Yield what a document imports or includes by an address.

    ``inherited``: the namespace of what includes it, if it has none of its own.
    """
    for node in root.iterfind(f"{_WSDL}import[@location]"):
        if place := node.get("location", ""):
            space = node.get("namespace", "")
            yield Import(node=node, attribute="location", place=place, space=space)
    for schema in schemas_of(root):
        for node in schema.iterfind(f"{_XS}*[@schemaLocation]"):
            if place := node.get("schemaLocation", ""):
                own = node.tag != f"{_XS}import"
                above = schema.get("targetNamespace", inherited)
                space = above if own else node.get("namespace", "")
                yield Import(node=node, attribute="schemaLocation", place=place, space=space)


def in_namespace(schema: Element, space: str) -> Element:
    """Return a schema whose names without a prefix are of a namespace, if it says of none.

    So one without a namespace is of that which includes it (XSD 1.0 part 1 §4.2.1).
    """
    from lxml import etree

    if None in schema.nsmap or schema.get("targetNamespace"):
        return schema
    nsmap: Any = {None: space, **schema.nsmap}
    ours = etree.Element(
        schema.tag, {str(n): str(v) for n, v in schema.attrib.items()}, nsmap=nsmap
    )
    ours.extend(deepcopy(child) for child in schema)
    return ours


def join(base: str, place: str) -> str:
    """Return the address of a place that a document names; of a file, ``..`` is kept.

    What came by TLS names others of its host by https, whatever it says.

    RFC 3986 §5.2.4 lets ``..`` fall off at the root of a host, which for files is the folder.
    """
    beside = base.removeprefix(HERE)
    relative = not any(urlsplit(place)[:2]) and not place.startswith("/")
    if beside == base or not relative:
        whole = urljoin(base, place)
        came, found = urlsplit(base), urlsplit(whole)
        is_downgrade = came.scheme == "https" and found[:2] == ("http", came.netloc)
        return found._replace(scheme="https").geturl() if is_downgrade else whole
    return HERE + normpath(f"{beside.rpartition('/')[0]}/{place}".lstrip("/"))


class FilesBeside:
    """Finds what is imported by an address, and lies in the folder under a name of its own.

    So Visual Studio keeps a service: its imports say ``http://host/…?xsd=xsd0``.
    """

    def __init__(self, folder: Path | None) -> None:
        """``taken``: the file of each address that was found."""
        self._folder = folder
        self._files: dict[Path, str] | None = None
        self.taken: dict[str, Path] = {}

    def take(self, url: str, space: str, loaded: Collection[bytes]) -> None:
        """Find the one file of a namespace that nothing was loaded from, if there is one."""
        if self._folder is None or url.startswith(HERE) or not space:
            return
        if self._files is None:
            self._files = dict(_spaces(self._folder))
        found = [
            file
            for file, own in self._files.items()
            if own == space and file not in self.taken.values() and file.read_bytes() not in loaded
        ]
        if len(found) == 1:
            self.taken[url] = found[0]


def _spaces(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the WSDLs and schemas in a folder, each with its namespace."""
    files = (file for file in folder.iterdir() if file.suffix.lower() in (".wsdl", ".xsd"))
    for file in sorted(files)[:_MOST_FILES]:
        try:
            yield file, parse_xml(file.read_bytes(), WSDL).get("targetNamespace", "")
        except (OSError, BadXML):
            continue
