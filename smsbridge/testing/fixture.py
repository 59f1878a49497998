"""A fixture: one conversation with a provider, recorded or taken from its documentation.

The file is YAML with JSON's own scalars and nothing more: everything else is text, so that
``+12025550123`` keeps its plus. No tags, no merge keys. Errors name the line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from smsbridge.errors import ConfigError, MissingExtra
from smsbridge.message import Message
from smsbridge.testing.faults import FAULTS

try:
    import yaml
except ImportError as missing:
    raise MissingExtra("testing", "the mock provider") from missing

SOURCES = ("RECORDED", "DOC", "OAS", "MODULE", "FIELD", "ASSUMED")
OUTCOMES = ("accepted", "not_sent", "rejected", "unknown")
BODIES = ("form", "json", "soap")

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_TOP = {
    "smsbridge-fixture",
    "id",
    "title",
    "provenance",
    "protocols",
    "message",
    "expect",
    "interactions",
}
_PROVENANCE = {"source", "evidence", "date", "verified", "review-after"}
_EXPECT = {"outcome", "id", "reason", "status", "code"}
_INTERACTION = {"id", "from", "to", "times", "optional", "request", "call", "response", "reply"}
_REQUEST = {"method", "path", "query", "headers", *BODIES}
_CALL = {"operation", "protocol", "credentials", "valid", "fields"}
_RESPONSE = {"status", "headers", "json", "text", "soap", "fault"}


class BadFixture(ConfigError):
    """A fixture file that can't be used. Names the file, the line and what is allowed."""


class Block(dict[str, Any]):
    """A mapping that knows the line of each of its keys."""

    def __init__(self) -> None:
        """Create an empty mapping."""
        super().__init__()
        self.lines: dict[str, int] = {}


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
    return parse(file.read_text(encoding="utf-8"), str(fixture))


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
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise self.error(line, f"no valid YAML: {error.problem}") from None
        top = self._value(root)
        if not isinstance(top, Block) or top.get("smsbridge-fixture") != 1:
            raise self.error(1, "the file starts with smsbridge-fixture: 1")
        self._check(top, _TOP, {"id", "title", "provenance", "interactions"})
        provenance = self._block(top, "provenance", _PROVENANCE, {"source", "evidence", "date"})
        self._one_of(provenance, "source", SOURCES)
        expect = self._block(top, "expect", _EXPECT, {"outcome"}) if "expect" in top else Block()
        if expect:
            self._one_of(expect, "outcome", OUTCOMES)
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

    def _interaction(self, block: Any) -> Interaction:
        self._check(block, _INTERACTION, {"id"})
        if ("request" in block) == ("call" in block):
            raise self.error(block.lines["id"], "give one of request and call")
        if ("response" in block) == ("reply" in block):
            raise self.error(block.lines["id"], "give one of response and reply")
        for key, allowed in (("request", _REQUEST), ("call", _CALL), ("response", _RESPONSE)):
            if key in block:
                self._block(block, key, allowed, set())
        fault = block.get("response", {}).get("fault")
        if fault is not None and fault not in FAULTS:
            raise self.error(block.lines["response"], f"fault is one of {', '.join(FAULTS)}")
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

    def _message(self, top: Block) -> Message | None:
        if "message" not in top:
            return None
        try:
            return Message(**top["message"])
        except (TypeError, ValueError) as error:
            raise self.error(top.lines["message"], str(error)) from None

    def _block(self, parent: Block, key: str, allowed: Collection[str], needs: set[str]) -> Block:
        block = parent[key]
        if not isinstance(block, Block):
            raise self.error(parent.lines[key], f"{key} is a mapping")
        self._check(block, allowed, needs)
        return block

    def _check(self, block: Any, allowed: Collection[str], needs: set[str]) -> None:
        if not isinstance(block, Block):
            raise self.error(1, f"a mapping with {', '.join(sorted(needs))} is expected")
        for key, line in block.lines.items():
            if key not in allowed:
                raise self.error(
                    line, f"unknown key {key!r}; known are {', '.join(sorted(allowed))}"
                )
        if missing := needs - block.keys():
            line = next(iter(block.lines.values()), 1)
            raise self.error(line, f"{', '.join(sorted(missing))} is missing")

    def _one_of(self, block: Block, key: str, allowed: Collection[str]) -> None:
        if block[key] not in allowed:
            raise self.error(block.lines[key], f"{key} is one of {', '.join(allowed)}")

    def _value(self, node: Any) -> Any:
        line = node.start_mark.line + 1 if node is not None else 1
        match node:
            case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
                return self._mapping(node)
            case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
                return [self._value(item) for item in node.value]
            case yaml.ScalarNode() if node.tag.startswith("tag:yaml.org,2002:"):
                return _scalar(node)
        raise self.error(line, "tags are not taken")

    def _mapping(self, node: Any) -> Block:
        block = Block()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode) or key in ("<<", *block):
                raise self.error(line, f"the key {key!r} is given twice, or is no plain word")
            block[key] = self._value(value_node)
            block.lines[key] = line
        return block


def _scalar(node: Any) -> Any:
    text = node.value
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if set(text) & set(".eE") else int(text)
