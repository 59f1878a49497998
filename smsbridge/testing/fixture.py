"""A fixture: one conversation with a provider, recorded or taken from its documentation.

The file is the YAML of `smsbridge.testing.plain_yaml`. Errors name the line, and what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from smsbridge.errors import ConfigError
from smsbridge.message import Message
from smsbridge.testing.doing import Do, read_do, read_expect
from smsbridge.testing.endings import Place
from smsbridge.testing.faults import fault
from smsbridge.testing.plain_yaml import BadYAML, Block, read_yaml
from smsbridge.testing.reader import BadFixture, Reader
from smsbridge.testing.shape import (
    CALL,
    INTERACTION,
    MESSAGE,
    PROVENANCE,
    REQUEST,
    REQUEST_SOAP,
    RESPONSE,
    RESPONSE_SOAP,
    SOAP_FAULT,
    TOP,
)

SOURCES = ("RECORDED", "DOC", "OAS", "MODULE", "FIELD", "ASSUMED")
BODIES = ("form", "json", "soap")
ANSWERS = ("json", "text", "soap", "fault")


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
    """One scenario. ``expect``: what any backend must make of it.

    ``message`` is what is sent, ``do`` what else a client is asked for; a fixture may have neither.
    """

    id: str
    title: str
    provenance: Provenance
    protocols: tuple[str, ...]
    interactions: tuple[Interaction, ...]
    message: Message | None = None
    do: Do | None = None
    expect: Mapping[str, Any] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """The operation that a client is asked for: empty for none."""
        return _operation(self.message, self.do)


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


_WHEN = {
    Place.ADDRESS: "before there is a connection",
    Place.REQUEST: "before the request is read",
    Place.TOKEN: "to the token call",
    Place.WSDL: "to the fetching of the WSDL",
}
_ROOT = files("smsbridge.testing").joinpath("fixtures")


def _ids(folder: Traversable, prefix: str) -> list[str]:
    found: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _ids(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            found.append(prefix + entry.name.removesuffix(".yaml"))
    return found


class _Reader(Reader):
    """Reads one file."""

    def fixture(self, text: str) -> Fixture:
        top = self._top(text)
        provenance = self.block(top, "provenance", PROVENANCE, "source", "evidence", "date")
        self.one_of(provenance, "source", SOURCES)
        message, do = self._message(top), read_do(self, top)
        operation = _operation(message, do)
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
            message=message,
            do=do,
            expect=read_expect(self, top, operation),
        )

    def _top(self, text: str) -> Block:
        try:
            top = read_yaml(text)
        except BadYAML as error:
            raise self.error(error.line, str(error)) from None
        if not isinstance(top, Block) or not _is_version(top.get("smsbridge-fixture")):
            raise self.error(1, "the file starts with smsbridge-fixture: 1")
        self.check(top, TOP, "id", "title", "provenance", "interactions")
        for key in ("message", "do"):
            if key in top and "expect" not in top:
                raise self.error(top.lines[key], f"{key} needs expect, its outcome")
        return top

    def _interaction(self, block: Any) -> Interaction:
        self.check(block, INTERACTION, "id")
        if ("request" in block) == ("call" in block):
            raise self.error(block.lines["id"], "give one of request and call")
        if block.get("times", 1) < 1:
            raise self.error(block.lines["times"], "times: give 1 or more")
        if ("response" in block) == ("reply" in block):
            raise self.error(block.lines["id"], "give one of response and reply")
        if "call" in block:
            call = self.block(block, "call", CALL, "operation")
            if "credentials" in call:
                self.one_of(call, "credentials", ("right", "wrong"))
        if "request" in block:
            self._request(self.block(block, "request", REQUEST), block.lines["request"])
        if "response" in block:
            self._response(self.block(block, "response", RESPONSE), block.lines["response"])
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
        self.at_most_one(request, BODIES, line)
        if "soap" in request:
            self.block(request, "soap", REQUEST_SOAP, "operation")

    def _response(self, response: Block, line: int) -> None:
        self.at_most_one(response, ANSWERS, line)
        if "fault" in response:
            self._fault(response)
        if "soap" in response:
            soap = self.block(response, "soap", RESPONSE_SOAP)
            if ("result" in soap) == ("fault" in soap):
                raise self.error(line, "soap: give one of result and fault")
            if "fault" in soap:
                self.block(soap, "fault", SOAP_FAULT, "code", "string")

    def _fault(self, response: Block) -> None:
        line = response.lines["fault"]
        try:
            found = fault(response["fault"])
        except ConfigError as error:
            raise self.error(line, str(error)) from None
        if not found.entry.answers:
            why = f"{found.name} is done {_WHEN[found.entry.place]}, not in place of an answer"
            raise self.error(line, f"fault: {why}; use smsbridge mock --fault {found.name}")

    def _message(self, top: Block) -> Message | None:
        if "message" not in top:
            return None
        fields = self.block(top, "message", MESSAGE, "recipient", "text")
        try:
            return Message(**fields)
        except ValueError as error:
            raise self.error(top.lines["message"], str(error)) from None


def _operation(message: Message | None, do: Do | None) -> str:
    return "send" if message is not None else do.operation if do is not None else ""


def _is_version(value: Any) -> bool:
    return value == 1 and not isinstance(value, bool | float)
