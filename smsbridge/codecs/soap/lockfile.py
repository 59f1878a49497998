"""A WSDL and all that it imports, brought into one folder with hashes: nothing is fetched again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from smsbridge.codecs.soap.documents import (
    HERE,
    LOCK,
    Altered,
    Damaged,
    Source,
    absolute,
    public_place,
    read_source,
    sha256,
)
from smsbridge.codecs.soap.lock_check import changes
from smsbridge.codecs.soap.model import BadContract
from smsbridge.codecs.soap.outline import outline
from smsbridge.codecs.soap.wsdl import load_ports
from smsbridge.errors import ConfigError
from smsbridge.text.json_document import read_json

if TYPE_CHECKING:
    from smsbridge.codecs.soap.contract import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A folder that was written: its WSDL, each file with where it came from, and the ports."""

    wsdl: Path
    files: Mapping[str, str]
    ports: Mapping[str, Contract]


class Changed(ConfigError):
    """A WSDL is not what was locked; ``changes`` says how, a sentence each."""

    def __init__(self, found: list[str]) -> None:
        """Create the error; see the class for the argument."""
        lines = "\n  ".join(found)
        super().__init__(f"the WSDL is not the one that was locked; --update takes it:\n  {lines}")
        self.changes = found


def unlocked(path: Path) -> Source:
    """Return the WSDL of a file as it is now, whatever was locked; raises `BadContract`."""
    try:
        return read_source(path)
    except Altered as altered:
        return altered.source
    except Damaged:
        return Source(document=path.read_bytes(), folder=path.parent)


def lock(source: Source, name: str, folder: Path, *, update: bool = False) -> Locked:
    """Write a WSDL into a folder as ``name``; raises `Changed` where another is locked there.

    ``update``: write it all the same.
    """
    ports = load_ports(source)
    if not ports:
        raise BadContract("the WSDL has no SOAP port")
    given = next(iter(ports.values())).documents
    documents = {public_place(address): document for address, document in given.items()}
    if any(documents[public_place(address)] != document for address, document in given.items()):
        raise BadContract("addresses of its documents differ only in what may be a key")
    names = _names(documents, public_place(source.address), name)
    held = folder / LOCK
    if held.is_file() and not update:
        _hold(held, documents, source, name)
    files = {names[address]: address.removeprefix(HERE) for address in documents}
    hashed = {
        name: {"from": address, "sha256": sha256(documents[absolute(address)])}
        for name, address in files.items()
    }
    written = {"smsbridge-wsdl-lock": 1, "wsdl": name, "files": hashed, "contract": outline(ports)}
    lock_file = json.dumps(written, indent=1, ensure_ascii=False) + "\n"
    contents = {names[address]: document for address, document in documents.items()}
    if any(not (folder / file).resolve().is_relative_to(folder.resolve()) for file in contents):
        raise BadContract("it imports a file outside of its folder")
    contents = {**contents, LOCK: lock_file.encode()}
    for file in contents:
        if (folder / file).exists() and not (folder / file).is_file():
            raise ConfigError(f"can't write {folder / file}: it is not a regular file")
    for file, content in contents.items():
        _write(folder / file, content)
    return Locked(wsdl=folder / name, files=files, ports=ports)


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"can't write {file}: {error.strerror}") from None


def _hold(held: Path, documents: Mapping[str, bytes], source: Source, name: str) -> None:
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
        raise ConfigError(f"{held} is that of {other}: give another folder, or --update")
    now = {address: sha256(document) for address, document in documents.items()}
    if was == now:
        return
    if sorted(was.values()) == sorted(now.values()):
        both = (public_place(place).removeprefix(HERE) for place in (origin, source.address))
        places = (place or "a file" for place in both)
        raise Changed(["its words are the same, but it came from {}, not {}".format(*places)])
    raise Changed(changes(before, source))


def wsdl_name(address: str) -> str:
    """Return the name of a WSDL's file, from its URL or path."""
    own = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2] or "service"
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", own).strip("-.") or "service"
    return f"{stem.rpartition('.')[0] or stem}.wsdl"


def _names(documents: Mapping[str, bytes], main: str, name: str) -> dict[str, str]:
    """Return a file name for each document: a file beside the WSDL keeps its own."""
    found = {main: name}
    for address in documents:
        if address == main:
            continue
        beside = address.removeprefix(HERE)
        if beside != address:
            found[address] = beside
            continue
        parts = urlsplit(address)
        own = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{parts.path.rpartition('/')[2]}-{parts.query}")
        stem = own.strip("-.").removesuffix(".xsd").removesuffix(".wsdl") or "schema"
        ending = "wsdl" if parts.path.endswith(".wsdl") or "wsdl" in parts.query else "xsd"
        number, chosen = 1, f"{stem}.{ending}"
        while chosen in found.values():
            number += 1
            chosen = f"{stem}-{number}.{ending}"
        found[address] = chosen
    return found
