"""A WSDL as a person reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.model import (
    SUBTYPE,
    BadWSDL,
    Content,
    PartPath,
    WSDLOperation,
    XSDType,
)
from smsbridge.codecs.soap.outline import in_words
from smsbridge.codecs.soap.xsd_samples import keeps
from smsbridge.http.address import is_http
from smsbridge.text.masking import public_address

if TYPE_CHECKING:
    from smsbridge.codecs.soap.port import Port

_MOST_WORDS = 8


def show(
    ports: Mapping[str, Port], refused: Mapping[str, tuple[str, str]] | None = None
) -> Iterator[str]:
    """Yield the lines that show the services, ports and operations of a WSDL.

    ``refused``: the ports that can't be used, each with its service and the reason.
    """
    for number, (name, port) in enumerate(ports.items()):
        soap = "1.1" if "xmlsoap" in port.version else "1.2"
        if number:
            yield ""
        yield f"{port.service}, port {name}: SOAP {soap}"
        yield f"  {_address_in_words(port.address)}"
        for operation in port.operations:
            yield ""
            try:
                yield from _operation(port.operation(operation))
            except BadWSDL as error:
                yield f"  {operation}"
                yield f"    can't be used: {error}"
    for name, (service, why) in (refused or {}).items():
        yield from [""] * bool(ports)
        yield f"{service}, port {name}"
        yield f"  can't be used: {why}"


def _address_in_words(address: str) -> str:
    how = "url in the block gives one"
    if not address:
        return f"no address: {how}"
    shown = public_address(address)
    return shown if is_http(address) else f"{shown}: not an address of HTTP; {how}"


def _operation(declared: WSDLOperation) -> Iterator[str]:
    use = "encoded" if declared.input.encoded else "literal"
    action = f", action {declared.action}" if declared.action else ""
    yield f"  {declared.name}  ({declared.style}/{use}{action})"
    yield from _parts("in", declared.input)
    if declared.output is None:
        yield "    out    nothing: one-way"
    else:
        yield from _parts("out", declared.output)
    for fault in declared.faults:
        content = Content(body=fault)
        yield from _parts("fault", content, f"fault.detail.{fault.name}.")
    for note in declared.notes:
        yield f"    note   {note}"


def _parts(label: str, content: Content, prefix: str = "") -> Iterator[str]:
    rows = [
        (
            prefix + line.path,
            type_in_words(line),
            "required" if line.part.required else "optional",
            line,
        )
        for line in content.paths()
    ]
    if not rows:
        yield f"    {label:<6} nothing"
    wide = max((len(path) for path, *_ in rows), default=0)
    typed = max((len(kind) for _, kind, *_ in rows), default=0)
    for number, (path, kind, need, line) in enumerate(rows):
        lead = label if number == 0 else ""
        sample = _example(line) if label == "in" else ""
        yield f"    {lead:<6} {path:<{wide}}  {kind:<{typed}}  {need}{sample}".rstrip()
    for said in _beside(content, prefix):
        yield f"    {'':<6} {said}"


def _example(line: PartPath) -> str:
    """Return what is said of a part's value beside its type: the one that it has, or a sample."""
    kind, part = line.type, line.part
    if part.fixed is not None:
        return f"  fixed {part.fixed}"
    if part.default is not None:
        return f"  default {part.default}"
    whole = kind.simple and (kind.listed is not None or keeps(kind.sample, kind.limits))
    return f"  e.g. {kind.sample}" if whole else ""


def _beside(content: Content, prefix: str) -> Iterator[str]:
    """Yield what the lines of the parts don't say: of which parts one is needed, what is open."""
    for above, kind in _structures(content):
        yield from _choices_in_words(kind, prefix + above)
        if kind.abstract:
            yield _abstract_in_words(kind, prefix + above)
        if kind.open:
            yield f"{prefix}{above}… takes any other element"


def _structures(content: Content) -> Iterator[tuple[str, XSDType]]:
    """Yield each type that may hold others, with what is before their names in a path."""
    yield "", content.body.type
    yield from ((f"{line.path}.", line.type.item or line.type) for line in content.paths())


def _choices_in_words(kind: XSDType, above: str) -> Iterator[str]:
    """Yield of which parts one is needed, and of which at most one may be there."""
    needed = [frozenset(names) for names in kind.one_of]
    for names in needed:
        if not any(names == frozenset().union(*choice) for choice in kind.choices):
            yield f"one is needed: {_in_order(kind, names, above)}"
    for choice in kind.choices:
        every = frozenset().union(*choice)
        sets = [_in_order(kind, names, above, " and ") for names in choice]
        yield f"{'one is needed' if every in needed else 'at most one'}: {', '.join(sets)}"


def _in_order(kind: XSDType, names: Collection[str], above: str, between: str = ", ") -> str:
    found = dict.fromkeys(above + part.name for part in kind.parts if part.name in names)
    return between.join(found)


def _abstract_in_words(kind: XSDType, above: str) -> str:
    """Return which types are derived from an abstract one, and which parts the others have."""
    if not kind.derived:
        return f"{above}… is abstract, and the WSDL has no type derived from it"
    others = [
        f"{one.local} ({', '.join(part.name for part in one.parts) or 'nothing'})"
        for one in kind.derived
    ]
    return f"{above}… is abstract: {SUBTYPE} says which it is: {', '.join(others)}"


def type_in_words(line: PartPath) -> str:
    """Return the type of what is at a path, with ``[]`` where it may be repeated."""
    return in_words(line.type, _MOST_WORDS) + ("[]" if line.part.repeated else "")
