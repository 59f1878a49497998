"""A WSDL and all that it imports, in one folder with hashes: nothing is fetched again."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from smsbridge.codecs.soap.diff import differences
from smsbridge.codecs.soap.imports import HERE
from smsbridge.codecs.soap.load import load_ports, require_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.outline import Outline, outline
from smsbridge.codecs.soap.wsdl_files import (
    LOCK,
    RELOCK,
    BadLock,
    LockMismatch,
    Source,
    absolute,
    public_place,
    read_source,
    sha256,
)
from smsbridge.errors import ConfigError
from smsbridge.text.json_document import read_json

if TYPE_CHECKING:
    from smsbridge.codecs.soap.port import Port, Ports

_NO_PART = "no operation or part changed; the difference is elsewhere in the documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFolder:
    """A folder that was written: its WSDL, each file with where it came from, and the ports."""

    wsdl: Path
    files: Mapping[str, str]
    ports: Ports


class WSDLChanged(ConfigError):
    """A WSDL is not what was locked; ``changes`` says how, one sentence per change."""

    def __init__(self, found: list[str]) -> None:
        """Create the error; see the class for the argument."""
        lines = "\n  ".join(found)
        super().__init__(
            f"the WSDL is not the one that was locked; --update accepts it:\n  {lines}"
        )
        self.changes = found


def read_wsdl(path: Path) -> Source:
    """Return the WSDL of a file; raises `BadWSDL` where it isn't what was locked."""
    try:
        return read_source(path)
    except LockMismatch as altered:
        said = changes(altered.locked, altered.source)
        why = f"{altered}: {'; '.join(said)}"
        raise BadWSDL(f"{why}. Restore it, or accept the change with {RELOCK}") from None


def changes(locked: Mapping[str, Any], source: Source) -> list[str]:
    """Return what changed from a lock to a WSDL, a sentence each."""
    try:
        return differences(locked["contract"], _outline(load_ports(source))) or [_NO_PART]
    except BadWSDL as error:
        return [f"the WSDL can no longer be used: {error}"]
    except (KeyError, TypeError, AttributeError):
        return [f"{LOCK} doesn't say what it was before"]


def _outline(ports: Ports) -> Outline:
    return outline(ports, ports.refused)


def read_current(path: Path) -> Source:
    """Return the WSDL of a file as it is now, whatever was locked; raises `BadWSDL`."""
    try:
        return read_source(path)
    except LockMismatch as altered:
        return altered.source
    except BadLock:
        return Source(document=path.read_bytes(), folder=path.parent)


def lock(source: Source, name: str, folder: Path, *, update: bool = False) -> LockedFolder:
    """Write a WSDL into a folder as ``name``; raises `WSDLChanged` where another is locked there.

    ``update``: write it anyway.
    """
    ports = require_ports(source)
    documents = _documents(ports)
    held = folder / LOCK
    if held.is_file() and not update:
        _check_lock(held, documents, source, name)
    names = _names(documents, public_place(source.address), name, _foreign(folder, documents))
    files = {names[address]: address.removeprefix(HERE) for address in documents}
    hashed = {
        name: {"from": address, "sha256": sha256(documents[absolute(address)])}
        for name, address in files.items()
    }
    written = {"smsbridge-wsdl-lock": 1, "wsdl": name, "files": hashed, "contract": _outline(ports)}
    lock_file = json.dumps(written, indent=1, ensure_ascii=False) + "\n"
    contents = {names[address]: document for address, document in documents.items()}
    if any(not (folder / file).resolve().is_relative_to(folder.resolve()) for file in contents):
        raise BadWSDL("it imports a file outside of its folder")
    contents = {**contents, LOCK: lock_file.encode()}
    for file in contents:
        if (folder / file).exists() and not (folder / file).is_file():
            raise ConfigError(f"can't write {folder / file}: it is not a regular file")
    for file, content in contents.items():
        _write(folder / file, content)
    return LockedFolder(wsdl=folder / name, files=files, ports=ports)


def check_lock(held: Path, source: Source, name: str) -> None:
    """Check a WSDL against the lock of the file ``name``; raises `WSDLChanged` if it differs."""
    _check_lock(held, _documents(require_ports(source)), source, name)


def _documents(ports: Mapping[str, Port]) -> dict[str, bytes]:
    """Return the documents of a WSDL by their addresses, as a lock has them."""
    given = next(iter(ports.values())).documents
    documents = {public_place(address): document for address, document in given.items()}
    if any(documents[public_place(address)] != document for address, document in given.items()):
        raise BadWSDL("addresses of its documents differ only in what may be a key")
    return documents


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"can't write {file}: {error.strerror}") from None


def _check_lock(held: Path, documents: Mapping[str, bytes], source: Source, name: str) -> None:
    try:
        before = read_json(held.read_text(encoding="utf-8"))
        was = {
            public_place(absolute(one["from"])): one["sha256"] for one in before["files"].values()
        }
        other = before["wsdl"]
        origin = before["files"][other]["from"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"{held} is damaged: remove it, or give --update") from None
    if other != name:
        raise ConfigError(f"{held} belongs to {other}: give another folder, or --update")
    now = {address: sha256(document) for address, document in documents.items()}
    if was == now:
        return
    if sorted(was.values()) == sorted(now.values()):
        both = (public_place(place).removeprefix(HERE) for place in (origin, source.address))
        places = (place or "a file" for place in both)
        raise WSDLChanged(["its words are the same, but it came from {}, not {}".format(*places)])
    raise WSDLChanged(changes(before, source))


def wsdl_name(address: str) -> str:
    """Return the name of a WSDL's file, from its URL or path."""
    own = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2] or "service"
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", own).strip("-.") or "service"
    return f"{stem.rpartition('.')[0] or stem}.wsdl"


def _names(
    documents: Mapping[str, bytes], main: str, name: str, taken: Collection[str]
) -> dict[str, str]:
    """Return a file name for each document: a file beside the WSDL keeps its own.

    ``taken``: the names that are not free for the others.
    """
    found = {main: name}
    others = [address for address in documents if address != main]
    for address in others:
        beside = address.removeprefix(HERE)
        if beside != address and not beside.startswith("../"):
            found[address] = beside
    for address in others:
        if address in found:
            continue
        parts = urlsplit(address)
        own = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{parts.path.rpartition('/')[2]}-{parts.query}")
        stem = own.strip("-.").removesuffix(".xsd").removesuffix(".wsdl") or "schema"
        ending = "wsdl" if parts.path.endswith(".wsdl") or "wsdl" in parts.query else "xsd"
        number, chosen = 1, f"{stem}.{ending}"
        while chosen in {*found.values(), *taken}:
            number += 1
            chosen = f"{stem}-{number}.{ending}"
        found[address] = chosen
    return found


def _foreign(folder: Path, documents: Mapping[str, bytes]) -> set[str]:
    """Return the files of a folder that no lock wrote there, and that are not of the WSDL."""
    held: Mapping[str, Any] = {}
    with suppress(ValueError, KeyError, TypeError):
        if (folder / LOCK).is_file():
            held = dict(read_json((folder / LOCK).read_text(encoding="utf-8"))["files"])
    ours = {sha256(document) for document in documents.values()}
    files = (file for file in folder.glob("*") if file.is_file() and file.name not in held)
    return {file.name for file in files if sha256(file.read_bytes()) not in ours}
