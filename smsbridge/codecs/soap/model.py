"""A WSDL as plain data: what each message holds, element by element.

`smsbridge.codecs.soap.wsdl` makes it from a WSDL; `Contract` writes and reads messages by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from smsbridge.codecs.soap.xsd_samples import fit, keeps
from smsbridge.codecs.soap.xsd_types import SIMPLE, TEXTUAL
from smsbridge.mapping.codec import Unwritable
from smsbridge.mapping.path import HEADER, steps
from smsbridge.text.suggest import list_words, nearest

SUBTYPE = "@xsi:type"
"""The step that says which derived type an element is of."""
MOST_DEPTH = 12
_MOST_PATHS = 2_000
_MOST_WORDS = 100
_LEAST = ("length", "minLength")


class BadWSDL(Unwritable):
    """A WSDL that can't be used, or words that don't fit it. Its text says why.

    ``path``: that of the field, where one is at fault.
    """

    def __init__(self, why: str, path: str = "") -> None:
        """Create the error; see the class for the arguments."""
        super().__init__(why)
        self.path = path


class Misfit(BadWSDL):
    """A value that doesn't fit the contract; the error doesn't quote it."""


@dataclass(frozen=True, slots=True)
class Need:
    """One of ``names`` is needed if any of ``given`` is present."""

    given: frozenset[str]
    names: frozenset[str]


@dataclass(slots=True, kw_only=True, eq=False)
class XSDType:
    """A type. A simple one has a ``base``, its built-in type, and ``words`` where it lists them.

    ``limits``: its other facets, as the schema names them: ``maxLength 40``.
    ``name``: its qualified name, empty for an anonymous one. ``item``: the type that a SOAP-encoded
    array holds. ``listed``: that of the words of a list (xs:list), with blanks between them;
    ``members``: those of a union, of which a text fits one. ``open``: it takes elements that it
    doesn't name (xsd:any), after ``open_at`` of its parts. ``one_of``: it needs one name of each of
    these sets (xsd:choice). ``choices``: of each it takes the names of one set only. ``needs``:
    what it needs where others are given: a part of an optional sequence needs the rest.
    ``abstract``: nothing is of this type itself, but of one of ``derived``.
    """

    name: str = ""
    base: str = ""
    words: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    parts: list[Part] = field(default_factory=list)
    item: XSDType | None = None
    listed: XSDType | None = None
    members: tuple[XSDType, ...] = ()
    open: bool = False
    open_at: int = 0
    one_of: list[frozenset[str]] = field(default_factory=list)
    choices: list[tuple[frozenset[str], ...]] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    abstract: bool = False
    derived: list[XSDType] = field(default_factory=list)

    @property
    def simple(self) -> bool:
        """Whether it is text, with nothing in it."""
        return bool(self.base) and not self.parts

    @property
    def shown(self) -> str:
        """What a person reads: ``string``, ``SmsRequest``, ``array of string``."""
        if self.item is not None:
            return f"array of {self.item.shown}"
        if self.listed is not None:
            return f"list of {self.listed.shown}"
        if self.members:
            return " or ".join(dict.fromkeys(one.shown for one in self.members))
        return self.name.rpartition("}")[2] or self.base or "structure"

    @property
    def local(self) -> str:
        """Its name without its namespace."""
        return self.name.rpartition("}")[2]

    @property
    def sample(self) -> str:
        """A text that it takes."""
        if self.words:
            return self.words[0]
        if self.listed is not None:
            return _sample_list(self.listed.sample, self.limits)
        if self.members:
            every = [one.sample for one in self.members]
            return next((one for one in every if keeps(one, self.limits)), every[0])
        return fit(SIMPLE.get(self.base, TEXTUAL), self.limits)

    def part(self, name: str) -> Part | None:
        """Return the part of a name, as a step of a path."""
        return next((part for part in self.parts if part.name == name), None)

    def refusal(self, text: str) -> str | None:
        """Return why it doesn't accept a text, or None."""
        if self.words and text not in self.words:
            return f"one of {list_words(self.words)} is expected"
        if self.listed is not None:
            why = next(filter(None, map(self.listed.refusal, text.split())), None)
            return why and f"a {self.shown} is expected, where {why}"
        if self.members:
            fits = any(one.refusal(text) is None for one in self.members)
            return None if fits else f"{self.shown} is expected"
        if not SIMPLE.get(self.base, TEXTUAL).takes(text):
            return f"{self.shown} is expected" + (
                "" if self.shown == self.base else f", {self.base}"
            )
        return None


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """An element, or an attribute ``@name``, or the text ``#text`` beside attributes.

    ``fixed``: the one text that it may have. ``default``: that which it has where it is empty.
    """

    name: str
    namespace: str = ""
    type: XSDType
    required: bool = True
    repeated: bool = False
    nillable: bool = False
    fixed: str | None = None
    default: str | None = None

    @property
    def tag(self) -> str:
        """Its qualified name."""
        name = self.name.removeprefix("@")
        return f"{{{self.namespace}}}{name}" if self.namespace else name

    @property
    def sample(self) -> str:
        """A text that it takes."""
        given = (one for one in (self.fixed, self.default) if one is not None)
        return next(given, self.type.sample)

    def refusal(self, text: str) -> str | None:
        """Return why it doesn't accept a text, or None."""
        if self.fixed is not None and text != self.fixed:
            return f"{self.fixed} is expected: it is fixed"
        return self.type.refusal(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPath:
    """One path that a message takes."""

    path: str
    part: Part

    @property
    def type(self) -> XSDType:
        """The type of what stands there."""
        return self.part.type


@dataclass(slots=True, kw_only=True, eq=False)
class Content:
    """What a message holds: the Body's element, and the header blocks that the contract names.

    Where ``body`` has no name it is the Body itself: it holds nothing, or several elements.
    """

    body: Part
    headers: list[Part] = field(default_factory=list)
    encoded: bool = False

    @property
    def empty(self) -> bool:
        """Whether it declares no word: nothing in the Body's element, and no header block."""
        kind = self.body.type
        return not (
            self.headers or kind.parts or kind.open or kind.base or kind.item or kind.abstract
        )

    @property
    def answer(self) -> str:
        """The name of the answer that it is, where it is empty: that of the element, or Body."""
        return self.body.name or "Body"

    def paths(self) -> Iterator[PartPath]:
        """Yield every path, in order; paths deeper than a dozen steps are left out."""
        yield from islice(_paths(XSDType(parts=self.headers), f"{HEADER}.", ()), _MOST_PATHS)
        yield from islice(_paths(self.body.type, "", ()), _MOST_PATHS)

    def find(self, path: str) -> Part | None:
        """Return what is at a path; None in what is open, raises `BadWSDL` if nothing."""
        names = [step for step in steps(path) if isinstance(step, str)]
        kind = self.body.type
        if names[0] == HEADER:
            kind = XSDType(parts=self.headers, open=names[1:2] == [] or names[1].startswith("{"))
            names = names[1:]
        part: Part | None = None
        for name in names:
            if kind.item is not None:
                kind = kind.item
                if name == "item" and kind.part(name) is None:  # the writer's word for each of them
                    part = Part(name=name, type=kind, repeated=True)
                    continue
            if name == SUBTYPE:
                return None
            if kind.abstract and kind.part(name) is None:
                kind = next((one for one in kind.derived if one.part(name)), kind)
            part = kind.part(name)
            if part is None and kind.open:
                return None
            if part is None:
                known = [line.path for line in self.paths() if line.type.simple or line.type.item]
                raise BadWSDL(f"there is no {path!r}; {nearest(path, known)}", path)
            kind = part.type
        return part


def _paths(kind: XSDType, prefix: str, above: tuple[XSDType, ...]) -> Iterator[PartPath]:
    if kind in above or len(above) >= MOST_DEPTH:
        return
    if kind.abstract and kind.derived:
        yield PartPath(path=prefix + SUBTYPE, part=subtype_part(kind))
        yield from _paths(kind.derived[0], prefix, (*above, kind))
        return
    seen = set()
    for part in kind.parts:
        if part.name in seen:  # in another alternative of a choice
            continue
        seen.add(part.name)
        yield PartPath(path=prefix + part.name, part=part)
        inner = part.type.item or part.type
        yield from _paths(inner, f"{prefix}{part.name}.", (*above, kind))


def subtype_part(kind: XSDType) -> Part:
    """Return what says which type stands where an abstract one is declared."""
    names = tuple(one.local for one in kind.derived)
    return Part(name=SUBTYPE, type=XSDType(base="QName", words=names))


@dataclass(slots=True, kw_only=True, eq=False)
class WSDLOperation:
    """An operation. ``output`` is None for a one-way operation; ``faults`` are its details.

    ``notes``: what of it was left out, or read otherwise than it stands.
    """

    name: str
    action: str
    style: str
    input: Content
    output: Content | None
    faults: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def optional(part: Part) -> Part:
    """Return a part that may be left out."""
    return Part(name=part.name, namespace=part.namespace, type=part.type, required=False)


def _sample_list(item: str, limits: Iterable[str]) -> str:
    """Return a text of a list: its lengths count words."""
    split = [limit.partition(" ") for limit in limits]
    least = [int(said) for facet, _, said in split if facet in _LEAST and said.isdecimal()]
    return " ".join([item] * min(max(least, default=1), _MOST_WORDS))
