"""A block of config to start from, guessed from the names in a WSDL.

What only a person can know is left open: ``""`` in the place of a word, which is refused until it
is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from smsbridge.codecs.soap import guess
from smsbridge.codecs.soap.describe import type_in_words
from smsbridge.codecs.soap.guess import TableKind, is_word
from smsbridge.codecs.soap.model import SUBTYPE, BadWSDL, Content, PartPath, XSDType
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.scaffold_answers import answer_lines, status_lines, success_lines
from smsbridge.codecs.soap.xsd_samples import breaks
from smsbridge.http.address import is_loopback
from smsbridge.mapping.path import HEADER, nest
from smsbridge.text.masking import public_address
from smsbridge.text.toml_quotes import toml_text

if TYPE_CHECKING:
    from smsbridge.codecs.soap.port import Port


_MESSAGE = {"{recipient}", "{text}"}
_ALWAYS = {*_MESSAGE, *guess.CREDENTIALS}
"""Values that are used even if the contract makes the part optional."""
_OF_EVERY = {*_ALWAYS, "{reference}", "{id}", "{after|iso}", "{before|iso}"}
"""The values that are there in every call of their kind, so that a required part may hold them."""
_NOW = {"dateTime": "{now|iso}", "date": "{now|date}"}
_LOST = {"{recipient}": "the number", "{text}": "the text", "{id}": "the message's id"}
_VALUES: Mapping[TableKind, Mapping[str, str]] = {
    TableKind.SEND: guess.SEND,
    TableKind.STATUS: guess.ASK,
    TableKind.RECEIVED: guess.BETWEEN,
    TableKind.SENT: guess.BETWEEN,
    TableKind.TOKEN: guess.LOGIN,
}
_MUST: Mapping[TableKind, tuple[str, ...]] = {
    TableKind.SEND: ("{recipient}", "{text}"),
    TableKind.STATUS: ("{id}",),
}
_EMPTY_PART = "#empty"
_NO_COMMENT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What no comment of TOML may have."""


def toml_block(
    port: Port,
    operation: str,
    wsdl: str,
    *,
    port_name: str = "",
    kind: TableKind = TableKind.SEND,
) -> Iterator[str]:
    """Yield the lines of a block of config that calls an operation: a start.

    ``port_name``: that of the port, where the block must say it. ``kind``: what the call is for.
    """
    for line in _lines(port, operation, wsdl, port_name, kind):
        yield _NO_COMMENT.sub(" ", line)  # a word of the WSDL may have an end of line


def _lines(port: Port, operation: str, wsdl: str, port_name: str, kind: TableKind) -> Iterator[str]:
    declared = port.operation(operation)
    if declared.output is None:
        raise BadWSDL(f"operation {operation} is one-way: nothing says that a message was taken")
    service = re.sub(r"[^a-z0-9]+", "-", port.service.lower()).strip("-")
    service = service.removesuffix("service").strip("-") or "service"
    fields = list(_Fields(declared.input, kind).rows())
    values = {row.value.replace("|digits", "") for row in fields if row.used}
    yield f"[backends.{service}]"
    yield 'backend = "soap"'
    yield f"wsdl = {toml_text(wsdl)}"
    if port_name:
        yield f"port = {toml_text(port_name)}"
    yield from _address_lines(port)
    yield _auth_line(service, values)
    yield ""
    yield f"[backends.{service}.{kind}]"
    yield f"operation = {toml_text(operation)}"
    yield from answer_lines(declared.output, kind)
    yield ""
    yield f"[backends.{service}.{kind}.fields]  # guessed from the names: check each"
    yield from _align(fields)
    missing = [*_lost_lines(values, kind), *_trouble_lines(port, operation, fields)]
    questions = [line for line in missing if not line.startswith("#")]
    yield from (line for line in missing if line not in questions[1:])  # a key stands once
    if kind is TableKind.SEND:
        yield ""
        yield f"[backends.{service}.{kind}.accepted]"
        yield from success_lines(declared.output)
    yield from status_lines(declared.output, kind, f"backends.{service}.statuses")


def _address_lines(port: Port) -> Iterator[str]:
    parts = urlsplit(port.address)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        yield f"# {public_address(port.address)} has no TLS: give url, or allow it with"
        yield f"# cleartext_hosts = [{toml_text(parts.hostname or '')}]"


def _auth_line(service: str, values: Collection[str]) -> str:
    keys = [one.strip("{}") for one in guess.CREDENTIALS if one in values]
    variable = service.upper().replace("-", "_")
    secrets = ", ".join(f'{key} = {{ env = "{variable}_{key.upper()}" }}' for key in keys)
    if keys:
        return f'auth = {{ type = "fields", {secrets} }}'
    return '# auth = { type = "basic", username = "…", password = { env = "…" } }'


def _lost_lines(values: Collection[str], kind: TableKind) -> Iterator[str]:
    """Yield what a call must have and no part looks like; a question is refused for it."""
    for value in _MUST.get(kind, ()):
        if value not in values:
            yield f'# no part looks like {_LOST[value]}: give one of them "{value}"'
            if kind is TableKind.STATUS:
                yield f'"…" = "{value}"'


def _trouble_lines(port: Port, operation: str, rows: Iterable[_Row]) -> Iterator[str]:
    """Yield what the call lacks and no sample gives it: the config is refused until it is there."""
    words = {row.path: row.sample for row in rows if row.used}
    try:
        why = port.shape_trouble(operation, nest(words))
    except ValueError as error:
        why = str(error)
    if why:
        yield f"# also missing: {why}"
        yield '"…" = ""'


class _Row(NamedTuple):
    """A line of fields: its path, its value, what it is, and whether the block uses it.

    ``sample``: a text that the part takes.
    """

    path: str
    value: str
    said: str
    used: bool
    sample: str


@dataclass
class _Fields:
    """The fields of a call that a block is to make: what is needed, and what is known."""

    content: Content
    kind: TableKind

    def rows(self) -> Iterator[_Row]:
        lines = [line for line in self.content.paths() if is_word(line)]
        values = _VALUES[self.kind]
        text = {p: v for p, v in guess.guesses(lines, values).items() if v == "{text}"}
        open_ = dict(_flat(self._words(text, optional=True)))
        beside = [line for line in lines if line.path in open_] if text else lines
        guessed = guess.guesses(beside, values)
        sure = {path: "" for path, value in guessed.items() if value in self._sure()}
        words = dict(_flat(self._words(sure, optional=False)))
        for line in self.content.paths():
            if is_word(line):
                yield self._row(line, guessed.get(line.path), words)
            elif words.get(line.path) == _EMPTY_PART:
                yield _Row(line.path, "", f"{type_in_words(line)}, empty", True, "")

    def _sure(self) -> set[str]:
        asked = set() if self.kind is TableKind.SEND else {"{id}", "{after|iso}", "{before|iso}"}
        return _ALWAYS | asked

    def _words(self, given: Mapping[str, str], *, optional: bool) -> dict[str, Any]:
        """Return words of the whole message, with those of choices that are given."""
        tree = nest(given)
        blocks = XSDType(parts=self.content.headers)
        header = sample(blocks, optional=optional, given=tree.pop(HEADER, None))
        body = sample(self.content.body.type, optional=optional, given=tree)
        found: dict[str, Any] = {HEADER: header} if header else {}
        return found | (body if isinstance(body, dict) else {})

    def _row(self, line: PartPath, guessed: str | None, words: Mapping[str, str]) -> _Row:
        used = line.path in words
        own = words.get(line.path) or _sample_of(line)
        value = own if guessed is None else guessed
        chosen = bool(line.type.words) or line.part.fixed is not None
        if used and value not in _OF_EVERY and not chosen:
            now = {} if self.kind is TableKind.TOKEN else _NOW  # a login has no time of a message
            value = now.get(line.type.base, own)
        if line.part.fixed is not None or line.path.endswith(SUBTYPE):
            value = own
        said = type_in_words(line) + guess.describe_value(line.part)
        said += "" if line.part.required else ", optional"
        made_up = used and not chosen and "{" not in value
        if value == "{recipient}" and guess.digits_only(line.type):
            value = "{recipient|digits}"
        if made_up and breaks(value, (line.type.item or line.type).limits):
            return _Row(line.path, "", f"{said}; give one", used, own)
        return _Row(line.path, value, said + "; a sample: replace it" * made_up, used, own)


def _sample_of(line: PartPath) -> str:
    return line.part.sample if line.type.item is None else line.type.item.sample


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the words of a sample by path, those of an array by its own, and what is empty."""
    for name, value in tree.items():
        item = (value[0] if value else None) if isinstance(value, list) else value
        if isinstance(item, Mapping) and item:
            yield from _flat(item, f"{prefix}{name}.")
        elif isinstance(item, Mapping):
            yield prefix + name, _EMPTY_PART
        elif item is not None:
            yield prefix + name, str(item)


def _align(rows: list[_Row]) -> Iterator[str]:
    shown = [
        (f"{'' if row.used else '# '}{toml_text(row.path)} = {toml_text(row.value)}", row.said)
        for row in rows
    ]
    wide = max((len(text) for text, _ in shown), default=0)
    for text, said in shown:
        yield f"{text:<{wide}}  # {' '.join(said.split())}"
