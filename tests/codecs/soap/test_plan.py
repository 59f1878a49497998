"""Ports that are read from a plan are those that the plan was written of."""

from __future__ import annotations

from typing import Any

from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import BadWSDL, XSDType
from smsbridge.codecs.soap.outline import outline
from smsbridge.codecs.soap.plan import read_ports, write_ports
from smsbridge.codecs.soap.port import Port, Ports
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.mapping.path import nest

from support.corpus import CONTRACTS, SAMPLES
from support.each import each

WSDLS = sorted({*CONTRACTS.glob("*.wsdl"), *CONTRACTS.rglob("gate.wsdl")})


def none(_port: str, _name: str) -> XSDType | None:
    return None


def read_again(ports: Ports) -> Ports:
    documents = next((port.documents for port in ports.values()), {})
    return read_ports(write_ports(ports), documents, none)


def facts(port: Port, name: str) -> Any:
    """Return what an operation is, with all that its messages hold."""
    try:
        one = port.operations[name]
    except BadWSDL as error:
        return str(error), error.path
    contents = [content for content in (one.input, one.output) if content is not None]
    return (
        (one.name, one.action, one.style, one.notes, one.output is None),
        [
            (content.encoded, content.body.tag, content.empty, list(map(line, content.paths())))
            for content in contents
        ],
        [(part.tag, everything(part.type)) for part in one.faults],
        [everything(content.body.type) for content in contents],
    )


def line(found: Any) -> Any:
    part = found.part
    return (found.path, part.tag, part.required, part.repeated, part.nillable, part.sample)


def everything(kind: XSDType, above: tuple[XSDType, ...] = ()) -> Any:
    """Return all that a type says; of one that holds itself, where it stands above."""
    if kind in above:
        return above.index(kind)
    own = (*above, kind)
    others = [*([kind.item] if kind.item else []), *([kind.listed] if kind.listed else [])]
    return (
        (kind.name, kind.base, kind.words, kind.limits, kind.open, kind.open_at, kind.abstract),
        (kind.one_of, kind.choices, kind.needs, kind.item is None, kind.listed is None),
        [everything(one, own) for one in (*others, *kind.members, *kind.derived)],
        [
            (part.tag, part.required, part.fixed, part.default, everything(part.type, own))
            for part in kind.parts
        ],
    )


@each("file", lambda: WSDLS)
def test_every_port_of_the_corpus_is_the_same(file: Any) -> None:
    try:
        ports = load_ports(read_source(file))
    except BadWSDL:
        return
    found = read_again(ports)
    assert outline(found, found.refused) == outline(ports, ports.refused)
    for name, port in ports.items():
        again = found[name]
        assert [*again.operations] == [*port.operations]
        assert (again.service, again.address, again.version) == (
            port.service,
            port.address,
            port.version,
        )
        assert again.troubles() == port.troubles()
        assert again.schema.sources == port.schema.sources
        for operation in port.operations:
            assert facts(again, operation) == facts(port, operation)


@each("one", lambda: SAMPLES)
def test_a_call_is_written_and_looked_at_as_before(one: Any) -> None:
    ports = load_ports(read_source(CONTRACTS / one.file))
    name = one.port or next(iter(ports))
    port, again = ports[name], read_again(ports)[name]
    if one.operation not in port.operations:
        return
    assert again.call(one.operation, one.fields) == port.call(one.operation, one.fields)
    words = sample(port.content(one.operation, "input").body.type)
    for wrong in (nest(one.fields), words, {}):
        assert ends(again, one.operation, wrong) == ends(port, one.operation, wrong)


def ends(port: Port, operation: str, words: Any) -> Any:
    try:
        return port.request(operation, words)
    except BadWSDL as error:
        return str(error), error.path
