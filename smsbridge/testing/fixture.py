"""A fixture: one conversation with a provider, recorded or taken from its documentation.

The file is the YAML of `smsbridge.testing.plain_yaml`. Errors name the line, and what is allowed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from smsbridge.errors import ConfigError, Reason
from smsbridge.message import Message, Status
from smsbridge.testing.faults import FAULTS
from smsbridge.testing.plain_yaml import BadYAML, Block, read_yaml
from smsbridge.testing.shape import (
    CALL,
    EXPECT,
    INTERACTION,
    MESSAGE,
    PROVENANCE,
    REQUEST,
    REQUEST_SOAP,
    RESPONSE,
    RESPONSE_SOAP,
    SOAP_FAULT,
    TOP,
    WORDS_FOR,
    Kinds,
)

SOURCES = ("RECORDED", "DOC", "OAS", "MODULE", "FIELD", "ASSUMED")
OUTCOMES = ("accepted", "not_sent", "rejected", "unknown")
BODIES = ("form", "json", "soap")
ANSWERS = ("json", "text", "soap", "fault")


class BadFixture(ConfigError):
    """A fixture file that can't be used. Names the file, the line and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a fixture comes from, and when the live service last agreed (``null``: never)."""

    source: str
    evidence: str
    date: str
    verified: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One request and its answer. ``request`` pins the wire; ``call`` is a request by meaning."""

    id: str
    sources: tuple[str, ...]
    to: str | None
    times: int | None
    optional: bool
    request: Mapping[str, Any] | None
    call: Mapping[str, Any] | None
    response: Mapping[str, Any] | None
    reply: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """One scenario. ``message`` is what is sent; ``expect`` what any backend must make of it."""

    id: str
    title: str
    provenance: Provenance
    protocols: tuple[str, ...]
    interactions: tuple[Interaction, ...]
    message: Message | None = None
    expect: Mapping[str, Any] = field(default_factory=dict)


def shipped(under: str = "") -> list[str]:
    """Return the ids of the fixtures that ship with us, below a folder such as ``smsmobileapi``."""
    return sorted(found for found in _ids(_ROOT, "") if found.startswith(under))


def load(fixture: str | Path) -> Fixture:
    """Return a fixture: one that ships with us by its id, or a file of your own by its path."""
    if isinstance(fixture, Path) or fixture.endswith(".yaml"):
        file: Traversable = Path(fixture)
    else:
        file = _ROOT.joinpath(f"{fixture}.yaml")
    if not file.is_file():
        raise BadFixture(f"there is no fixture {str(fixture)!r}; there are {', '.join(shipped())}")
    try:
        return parse(file.read_text(encoding="utf-8"), str(fixture))
    except UnicodeDecodeError:
        raise BadFixture(f"fixture {fixture}: it is not UTF-8") from None


def parse(text: str, name: str) -> Fixture:
    """Return the fixture of a YAML text; ``name`` is for errors."""
    return _Reader(name).fixture(text)


_ROOT = files("smsbridge.testing").joinpath("fixtures")


def _ids(folder: Traversable, prefix: str) -> list[str]:
    found: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _ids(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            found.append(prefix + entry.name.removesuffix(".yaml"))
    return found


class _Reader:
    """Reads one file; keeps its name for errors."""

    def __init__(self, name: str) -> None:
        self.name = name

    def error(self, line: int, why: str) -> BadFixture:
        return BadFixture(f"fixture {self.name}, line {line}: {why}")

    def fixture(self, text: str) -> Fixture:
        top = self._top(text)
        provenance = self._block(top, "provenance", PROVENANCE, "source", "evidence", "date")
        self._one_of(provenance, "source", SOURCES)
        expect = self._block(top, "expect", EXPECT, "outcome") if "expect" in top else Block()
        for key, allowed in (
            ("outcome", OUTCOMES),
            ("reason", list(Reason)),
            ("status", list(Status)),
        ):
            if key in expect:
                self._one_of(expect, key, allowed)
        ids = [item.get("id") for item in top["interactions"] if isinstance(item, Block)]
        if len(set(ids)) != len(ids):
            raise self.error(top.lines["interactions"], "two interactions have the same id")
        return Fixture(
            id=top["id"],
            title=top["title"],
            provenance=Provenance(
                source=provenance["source"],
                evidence=provenance["evidence"],
                date=provenance["date"],
                verified=provenance.get("verified"),
            ),
            protocols=tuple(top.get("protocols", ())),
            interactions=tuple(self._interaction(item) for item in top["interactions"]),
            message=self._message(top),
            expect=expect,
        )

    def _top(self, text: str) -> Block:
        try:
            top = read_yaml(text)
        except BadYAML as error:
            raise self.error(error.line, str(error)) from None
        if not isinstance(top, Block) or not _is_version(top.get("smsbridge-fixture")):
            raise self.error(1, "the file starts with smsbridge-fixture: 1")
        self._check(top, TOP, "id", "title", "provenance", "interactions")
        if "message" in top and "expect" not in top:
            raise self.error(top.lines["message"], "a message needs expect, its outcome")
        return top

    def _interaction(self, block: Any) -> Interaction:
        self._check(block, INTERACTION, "id")
        if ("request" in block) == ("call" in block):
            raise self.error(block.lines["id"], "give one of request and call")
        if block.get("times", 1) < 1:
            raise self.error(block.lines["times"], "times: give 1 or more")
        if ("response" in block) == ("reply" in block):
            raise self.error(block.lines["id"], "give one of response and reply")
        if "call" in block:
            call = self._block(block, "call", CALL, "operation")
            if "credentials" in call:
                self._one_of(call, "credentials", ("right", "wrong"))
        if "request" in block:
            self._request(self._block(block, "request", REQUEST), block.lines["request"])
        if "response" in block:
            self._response(self._block(block, "response", RESPONSE), block.lines["response"])
        sources = block.get("from", "start" if "to" in block else ())
        return Interaction(
            id=block["id"],
            sources=(sources,) if isinstance(sources, str) else tuple(sources),
            to=block.get("to"),
            times=block.get("times"),
            optional=block.get("optional", False),
            request=block.get("request"),
            call=block.get("call"),
            response=block.get("response"),
            reply=block.get("reply"),
        )

    def _request(self, request: Block, line: int) -> None:
        self._at_most_one(request, BODIES, line)
        if "soap" in request:
            self._block(request, "soap", REQUEST_SOAP, "operation")

    def _response(self, response: Block, line: int) -> None:
        self._at_most_one(response, ANSWERS, line)
        if "fault" in response:
            self._one_of(response, "fault", FAULTS)
        if "soap" in response:
            soap = self._block(response, "soap", RESPONSE_SOAP)
            if ("result" in soap) == ("fault" in soap):
                raise self.error(line, "soap: give one of result and fault")
            if "fault" in soap:
                self._block(soap, "fault", SOAP_FAULT, "code", "string")

    def _message(self, top: Block) -> Message | None:
        if "message" not in top:
            return None
        fields = self._block(top, "message", MESSAGE, "recipient", "text")
        try:
            return Message(**fields)
        except ValueError as error:
            raise self.error(top.lines["message"], str(error)) from None

    def _block(self, parent: Block, key: str, kinds: Kinds, *needs: str) -> Block:
        block: Block = parent[key]
        self._check(block, kinds, *needs, line=parent.lines[key])
        return block

    def _check(self, block: Any, kinds: Kinds, *needs: str, line: int = 1) -> None:
        if not isinstance(block, Block):
            raise self.error(line, f"a mapping with {', '.join(kinds)} is expected")
        for key, found in block.lines.items():
            if key not in kinds:
                raise self.error(found, f"unknown key {key!r}; known are {', '.join(kinds)}")
            kind = kinds[key]
            allowed = kind if isinstance(kind, tuple) else (kind,)
            if not _is_of(block[key], allowed):
                words = " or ".join(WORDS_FOR[kind] for kind in allowed)
                raise self.error(found, f"{key}: give {words}")
        if missing := [key for key in needs if key not in block]:
            first = next(iter(block.lines.values()), line)
            raise self.error(first, f"{', '.join(missing)} is missing")

    def _at_most_one(self, block: Block, keys: Collection[str], line: int) -> None:
        if len(block.keys() & set(keys)) > 1:
            raise self.error(line, f"give only one of {', '.join(keys)}")

    def _one_of(self, block: Block, key: str, allowed: Collection[str]) -> None:
        if block[key] not in allowed:
            raise self.error(block.lines[key], f"{key} is one of {', '.join(allowed)}")


def _is_version(value: Any) -> bool:
    return value == 1 and not isinstance(value, bool | float)


def _is_of(value: Any, kinds: Any) -> bool:
    if isinstance(value, bool) and bool not in kinds and object not in kinds:
        return False
    return isinstance(value, kinds)
