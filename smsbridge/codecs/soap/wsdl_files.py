"""A WSDL and the files that it may import: those beside it, those of its lock, those that ship."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from smsbridge.codecs.soap.imports import HERE
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.http.address import is_url
from smsbridge.text.json_document import read_json
from smsbridge.text.masking import public_address

LOCK = "wsdl.lock"
RELOCK = "smsbridge wsdl lock --update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A WSDL and what it may import: ``folder``, or ``others`` by address.

    ``address``: where it came from, for what it imports by a relative address. ``above``: whether
    what it imports may lie above the folder, as ``../``.
    """

    document: bytes
    address: str = HERE
    folder: Path | None = None
    above: bool = False
    others: Mapping[str, bytes] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Hash by the document."""
        return hash(self.document)


def read_bundled(resource: str) -> tuple[bytes, Path | None]:
    """Return a contract or schema that ships in a package, ``package:file``, and its folder.

    A module without a package has its files beside it. Raises `BadWSDL` where there is none.
    """
    package, _, name = resource.partition(":")
    try:
        module = import_module(package)
        beside = None if hasattr(module, "__path__") else module.__file__
        folder = Path(beside).parent if beside else files(package)
        document = folder.joinpath(name).read_bytes()
    except (ImportError, OSError, ValueError, TypeError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        hint = "give package:file, of a package that can be imported"
        raise BadWSDL(f"{resource!r} can't be read: {said}; {hint}") from None
    return document, folder if isinstance(folder, Path) else None


class LockMismatch(BadWSDL):
    """Locked files that were changed: ``source`` is what they are now, ``locked`` the lock."""

    def __init__(self, names: list[str], source: Source, locked: Mapping[str, Any]) -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(f"{', '.join(names)}: changed since {LOCK} was written")
        self.source = source
        self.locked = locked


class BadLock(BadWSDL):
    """A lock that can't be read."""


def read_source(path: Path) -> Source:
    """Return the WSDL of a file, with what its lock names if it has one. Raises `BadWSDL`."""
    try:
        document = path.read_bytes()
        held = path.parent / LOCK
        locked = read_json(held.read_text(encoding="utf-8")) if held.is_file() else {}
        if locked.get("wsdl") != path.name:
            return Source(document=document, folder=path.parent)
        return _read_locked(path, document, locked)
    except OSError as error:
        raise BadWSDL(f"can't read {path.name}: {error.strerror}") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        if isinstance(error, BadWSDL):
            raise
        raise BadLock(f"{LOCK} beside {path.name} is damaged: {RELOCK} writes a new one") from None


def _read_locked(path: Path, document: bytes, locked: Mapping[str, Any]) -> Source:
    found: dict[str, bytes] = {}
    altered: list[str] = []
    for name, entry in locked["files"].items():
        file = path.parent / name
        if not file.resolve().is_relative_to(path.parent.resolve()):
            raise BadLock(f"{LOCK} beside {path.name} names a file outside its folder")
        if not file.is_file():
            altered.append(f"{name} (gone)")
            continue
        found[absolute(entry["from"])] = content = file.read_bytes()
        if sha256(content) != entry["sha256"]:
            altered.append(name)
    address = absolute(locked["files"][path.name]["from"])
    if address == HERE:  # what it imports may import it by its name
        found[HERE + path.name] = document
    source = Source(document=document, address=address, others=found)
    if altered:
        raise LockMismatch(altered, source, locked)
    return source


def absolute(address: str) -> str:
    """Return the address of a document, of a file by a name of ours."""
    return address if is_url(address) else HERE + address


def public_place(address: str) -> str:
    """Return the address of a document as a lock has it: without anything that may be a key."""
    return address if address.startswith(HERE) else public_address(address)


def sha256(document: bytes) -> str:
    """Return the hash of a document, in hex."""
    return hashlib.sha256(document).hexdigest()


def same_host(one: str, other: str) -> bool:
    """Return whether two addresses are of one scheme, host and port."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]
