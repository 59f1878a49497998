"""A file of the catalogue: the tables of one provider, which make a backend's class.

A file holds a block of config without anyone's credentials; it says which credentials there are,
and where its facts are from. Those that ship are ``smsbridge/catalogue/NAME.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from smsbridge.backends.base import Backend, backend
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.text.located import Checker, Located

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SUFFIX = ".toml"
_KINDS = ("rest", "soap")
_OF_THE_FILE = ("title", "site", "credentials", "examples", "provenance")
_OF_AN_EXAMPLE = ("id", "title", "source", "evidence", "response", "expect")
_MAY_HAVE = ("sender", "request")
_OF_THE_USER = (
    *("retry", "limit", "log", "proxy", "ca", "client_cert", "client_cert_password"),
    "cleartext_hosts",
)
_NOT_IN_A_FILE = "is for the user of the file: it belongs in smsbridge.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One file of the catalogue.

    ``title``: what the provider is called; ``site``: the page of its API. ``credentials``: what
    each is at the provider, by config key. ``block``: the tables, and defaults of config keys.
    ``examples``: what the provider answers, each as a fixture has it. ``provenance``: where its
    facts are from, and who agreed on them.
    """

    name: str
    title: str
    site: str
    credentials: Mapping[str, str]
    block: Located
    examples: tuple[Mapping[str, Any], ...]
    provenance: Mapping[str, Any]


def catalogue_names() -> frozenset[str]:
    """Return the names of the files that ship."""
    return _shipped_names()


def shipped_file(name: str) -> Traversable:
    """Return the file of a provider that ships."""
    return _folder().joinpath(f"{name}{SUFFIX}")


def entry_of(kind: type[Backend]) -> CatalogueEntry | None:
    """Return the file that a class was made from, or None."""
    found: CatalogueEntry | None = getattr(kind, "entry", None)
    return found


def class_of_file(file: Traversable | Path) -> type[Backend]:
    """Return the class of a backend that a file describes; raises `ConfigError`."""
    try:
        source = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"can't read {file.name}: {why}") from None
    folder = file.absolute().parent if isinstance(file, Path) else None
    return _class_of_source(file.name, source, folder)


def read_entry(file: str, source: str, folder: Path | None = None) -> CatalogueEntry:
    """Return what a file says; raises `ConfigError` with its name and the line.

    ``folder``: where the file is, and so a WSDL that it names; None in an archive.
    """
    from smsbridge.text.toml import read_toml  # for who uses a file; most who send need none

    try:
        document = read_toml(source)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None
    with _Lines(file, document):
        return _read(Checker(document), file.removesuffix(SUFFIX), folder)


def _read(document: Checker, name: str, folder: Path | None) -> CatalogueEntry:
    credentials = document.table("credentials", optional=True)
    for key in credentials.values:
        credentials.of(key, str)
    for key in _OF_THE_USER:
        if key in document:
            document.fail(_NOT_IN_A_FILE, key)
    if document.of("backend", str) not in _KINDS:
        document.fail(f"give one of {' and '.join(_KINDS)}", "backend")
    origin = document.table("provenance")
    for key in ("date", "seen"):
        if key not in origin:
            origin.fail(f"{key} is missing")
        origin.of(key, str)
    whole = document.values
    auth = Checker(document.table("auth", optional=True).values)
    for key in credentials.values:
        if key in auth:
            document.fail("this is a credential: leave its value out", "auth", key)
    assert isinstance(whole, Located)  # noqa: S101  (read_toml makes nothing else)
    kept = {key: value for key, value in whole.items() if key not in _OF_THE_FILE}
    kept["auth"] = {**auth.values, **dict.fromkeys(credentials.values, "")}
    if "wsdl" in document:
        kept["wsdl"] = _wsdl(document, folder)
    lines = {**whole.lines, "auth": whole.lines.get("auth", whole.line)}
    return CatalogueEntry(
        name=name,
        title=document.of("title", str),
        site=document.of("site", str),
        credentials=MappingProxyType(dict(credentials.values)),
        block=Located(kept, line=whole.line, lines=lines),
        examples=tuple(_examples(document)),
        provenance=MappingProxyType(dict(document.table("provenance").values)),
    )


def _wsdl(document: Checker, folder: Path | None) -> str:
    """Return where the WSDL is: at an address, or a path from the folder of the file."""
    named: str = document.of("wsdl", str)
    if is_url(named):
        return named
    if folder is None:
        document.fail("a file in an archive can't name a file: install it unpacked", "wsdl")
    return str(folder / named)


def _examples(document: Checker) -> Iterator[Mapping[str, Any]]:
    given = document.values.get("examples", [])
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        document.fail("give tables: [[examples]]", "examples")
    for index, one in enumerate(given):
        example = Checker(one, ("examples", str(index)))
        example.only(*_OF_AN_EXAMPLE, *_MAY_HAVE)
        for key in ("id", "title", "source", "evidence"):
            example.of(key, str)
        for key in ("response", "expect"):
            example.table(key)
        yield one


@lru_cache(maxsize=256)
def _class_of_source(file: str, source: str, folder: Path | None) -> type[Backend]:
    """Return the class of a file's text; the same text in a folder makes one class."""
    entry = read_entry(file, source, folder)
    with _Lines(file, entry.block):
        kind = _kind_of(entry.block)
        made, left = kind.of_block(entry.name, entry.block)
        says: dict[str, Any] = {
            "__doc__": f"{entry.title}, as {file} describes it: {entry.site}",
            "__module__": __name__,
            "entry": entry,
            "by_block": False,
            "of_block": classmethod(_of_block),
            **{key: value for key, value in left.items() if key not in entry.credentials},
        }
        says.pop("backend", None)
        return backend(type(entry.name, (made,), says))


def _of_block(
    cls: type[Any], _name: str, block: Mapping[str, Any]
) -> tuple[type[Backend], Mapping[str, Any]]:
    """Return the class itself, or, for a block with its own tables, the class with those."""
    from smsbridge.backends.tables.table_reader import TABLES

    entry: CatalogueEntry = cls.entry
    kind = _kind_of(entry.block)
    if not any(key in block for key in (*TABLES, *kind.own_keys)):
        return cls, block
    given = {key: block[key] for key in entry.credentials if key in block}
    own = {key: value for key, value in block.items() if key not in (*given, "backend")}
    whole: dict[str, Any] = {**entry.block, **own}
    if isinstance(own.get("values"), Mapping):
        whole["values"] = {**entry.block.get("values", {}), **own["values"]}
    if "auth" not in own:
        whole["auth"] = entry.block["auth"] | given
    made: tuple[type[Backend], Mapping[str, Any]] = kind.of_block(entry.name, whole)
    return made


def _kind_of(block: Mapping[str, Any]) -> Any:
    """Return the class of a kind of block; each is imported only when it is needed."""
    if block["backend"] == "soap":
        from smsbridge.backends.tables.soap import SoapBlock

        return SoapBlock
    from smsbridge.backends.tables.rest import RestBlock

    return RestBlock


@lru_cache(maxsize=1)
def _shipped_names() -> frozenset[str]:
    found = (one.name for one in _folder().iterdir())
    return frozenset(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))


def _folder() -> Traversable:
    from importlib.resources import files

    return files("smsbridge").joinpath("catalogue")


@dataclass(frozen=True, slots=True)
class _Lines:
    """Names the file and the line in each `ConfigError` of a block."""

    file: str
    document: Located

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, ConfigError):
            line = self.document.line_of(error.key)
            raise ConfigError(f"{self.file}, line {line}: {error}") from error.__cause__
