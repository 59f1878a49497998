"""A SOAP contract as plain data: what each message holds, element by element.

`smsbridge.codecs.soap.wsdl` makes it from a WSDL; `Contract` writes and reads messages by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from smsbridge.codecs.soap.xsd_samples import fitted
from smsbridge.codecs.soap.xsd_types import SIMPLE, TEXTUAL
from smsbridge.mapping.path import HEADER, steps
from smsbridge.text.suggest import listed, nearest

_MOST_DEPTH = 12
_MOST_LINES = 2_000
_MOST_PARTS = 100_000


class BadContract(ValueError):
    """A WSDL that can't be used, or words that don't fit it. Its text says why.

    ``path``: that of the field, where one is at fault.
    """

    def __init__(self, why: str, path: str = "") -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(why)
        self.path = path


class Misfit(BadContract):
    """A value that the contract doesn't take where another would do: its text has no word of it."""


@dataclass(slots=True, kw_only=True, eq=False)
class Kind:
    """A type. A simple one has a ``base``, its built-in type, and ``words`` where it lists them.

    ``limits``: its other facets, as the schema names them: ``maxLength 40``.
    ``name``: its qualified name, empty for an anonymous one. ``item``: the type that a SOAP-encoded
    array holds. ``open``: it takes elements that it doesn't name (xsd:any), after ``open_at``
    of its parts. ``one_of``: of each of
    these sets of names it needs one (xsd:choice).
    """

    name: str = ""
    base: str = ""
    words: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    parts: list[Part] = field(default_factory=list)
    item: Kind | None = None
    open: bool = False
    open_at: int = 0
    one_of: list[frozenset[str]] = field(default_factory=list)

    @property
    def simple(self) -> bool:
        """Whether it is text, with nothing in it."""
        return bool(self.base) and not self.parts

    @property
    def shown(self) -> str:
        """What a person reads: ``string``, ``SmsRequest``, ``array of string``."""
        if self.item is not None:
            return f"array of {self.item.shown}"
        return self.name.rpartition("}")[2] or self.base or "structure"

    @property
    def sample(self) -> str:
        """A text that it takes."""
        if self.words:
            return self.words[0]
        return fitted(SIMPLE.get(self.base, TEXTUAL), self.limits)

    def part(self, name: str) -> Part | None:
        """Return the part of a name, as a step of a path."""
        return next((part for part in self.parts if part.name == name), None)

    def refusal(self, text: str) -> str | None:
        """Return why it does not take a text, or None."""
        if self.words and text not in self.words:
            return f"one of {listed(self.words)} is expected"
        if not SIMPLE.get(self.base, TEXTUAL).takes(text):
            return f"{self.shown} is expected" + (
                "" if self.shown == self.base else f", {self.base}"
            )
        return None


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """An element, or an attribute ``@name``, or the text ``#text`` beside attributes."""

    name: str
    namespace: str = ""
    kind: Kind
    required: bool = True
    repeated: bool = False
    nillable: bool = False

    @property
    def tag(self) -> str:
        """Its qualified name."""
        name = self.name.removeprefix("@")
        return f"{{{self.namespace}}}{name}" if self.namespace else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One path that a message takes."""

    path: str
    part: Part

    @property
    def kind(self) -> Kind:
        """The type of what stands there."""
        return self.part.kind


@dataclass(slots=True, kw_only=True, eq=False)
class Content:
    """What a message holds: the Body's element, and the header blocks that the contract names."""

    body: Part
    headers: list[Part] = field(default_factory=list)
    encoded: bool = False

    def lines(self) -> Iterator[Line]:
        """Yield every path, in order; what is deeper than a dozen steps is left out."""
        yield from islice(_lines(Kind(parts=self.headers), f"{HEADER}.", ()), _MOST_LINES)
        yield from islice(_lines(self.body.kind, "", ()), _MOST_LINES)

    def find(self, path: str) -> Part | None:
        """Return what stands at a path; None in what is open, raises `BadContract` if nothing."""
        names = [step for step in steps(path) if isinstance(step, str)]
        kind = self.body.kind
        if names[0] == HEADER:
            kind = Kind(parts=self.headers, open=names[1:2] == [] or names[1].startswith("{"))
            names = names[1:]
        part: Part | None = None
        for name in names:
            if kind.item is not None:
                kind = kind.item
                if name == "item" and kind.part(name) is None:  # the writer's word for each of them
                    part = Part(name=name, kind=kind, repeated=True)
                    continue
            if name == "@xsi:type":
                return None
            part = kind.part(name)
            if part is None and kind.open:
                return None
            if part is None:
                known = [line.path for line in self.lines() if line.kind.simple or line.kind.item]
                raise BadContract(f"there is no {path!r}; {nearest(path, known)}", path)
            kind = part.kind
        return part


def _lines(kind: Kind, prefix: str, above: tuple[Kind, ...]) -> Iterator[Line]:
    if kind in above or len(above) >= _MOST_DEPTH:
        return
    for part in kind.parts:
        yield Line(path=prefix + part.name, part=part)
        inner = part.kind.item or part.kind
        yield from _lines(inner, f"{prefix}{part.name}.", (*above, kind))


@dataclass(slots=True, kw_only=True, eq=False)
class Declared:
    """An operation. ``output`` is None for a one-way operation; ``faults`` are its details."""

    name: str
    action: str
    style: str
    input: Content
    output: Content | None
    faults: list[Part] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Port:
    """One port of a service: its address, its version of SOAP (a namespace), its operations."""

    service: str
    name: str
    address: str
    version: str
    operations: Mapping[str, Declared]


def optional(part: Part) -> Part:
    """Return a part that may be left out."""
    return Part(name=part.name, namespace=part.namespace, kind=part.kind, required=False)


def sample(kind: Kind, *, optional: bool = True) -> Any:
    """Return words that a type takes: ``optional`` parts too, of a choice the first.

    Of a type that is too large, or holds itself, what is needed is there and empty.
    """
    return _Sampler(optional=optional).of(kind, ())


class _Sampler:
    def __init__(self, *, optional: bool) -> None:
        self._optional = optional
        self._left = _MOST_PARTS

    def of(self, kind: Kind, above: tuple[Kind, ...]) -> Any:
        inside = (*above, kind)
        if kind.item is not None:
            return [] if kind.item in inside else [self.of(kind.item, inside)]
        if kind.simple:
            return kind.sample
        chosen = {_first(kind, names) for names in kind.one_of}
        left_out = {name for names in kind.one_of for name in names} - chosen
        tree: dict[str, Any] = {}
        for part in kind.parts:
            self._left -= 1
            needed = part.required or part.name in chosen
            deep = part.kind in inside or len(above) >= _MOST_DEPTH or self._left < 0
            if part.name in left_out or not (needed or (self._optional and not deep)):
                continue
            tree[part.name] = "" if deep else self.of(part.kind, inside)
        return tree


def _first(kind: Kind, names: frozenset[str]) -> str:
    return next(part.name for part in kind.parts if part.name in names)
