"""A block that `wsdl show --toml` writes is taken by its own WSDL, or names what is not filled in.

Over every operation of every WSDL of the tests, for each kind of table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Client, ConfigError, SendError
from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.guess import TableKind, is_of_trouble
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.scaffold import toml_block
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.config.load import from_mapping
from smsbridge.mapping.operation import Operation
from smsbridge.mapping.path import ANSWER
from smsbridge.mapping.words import word_at
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.corpus import CONTRACTS
from support.each import each
from support.sending import NUMBER, TEXT

Row = tuple[Path, str, Port, str]
WSDLS = sorted(CONTRACTS.rglob("*.wsdl"))


def operations() -> Iterator[Row]:
    for file in WSDLS:
        try:
            ports = load_ports(read_source(file))
        except BadWSDL:
            continue
        for name, port in ports.items():
            yield from (
                (file, name if len(ports) > 1 else "", port, one) for one in port.operations
            )


def proposal(row: Row, kind: TableKind) -> tuple[str, dict[str, Any]] | None:
    file, named, port, operation = row
    try:
        lines = list(toml_block(port, operation, str(file), port_name=named, kind=kind))
    except BadWSDL:
        return None
    text = "\n".join(lines).replace("# cleartext_hosts", "cleartext_hosts")
    (block,) = tomllib.loads(text)["backends"].values()
    return text, block


def load(text: str, block: dict[str, Any]) -> Backend:
    environ = dict.fromkeys(re.findall(r'env = "(\w+)"', text), "secret")
    return from_mapping(block, name="gate", environ=environ)


def refusal(text: str, block: dict[str, Any]) -> ConfigError | None:
    try:
        load(text, block)
    except ConfigError as error:
        return error
    return None


def unfilled(block: dict[str, Any], error: ConfigError, text: str) -> bool:
    """Return whether an error is of a place that the block itself leaves open."""
    if "no field has" in str(error):
        return "# no part looks like" in text
    if "say what it can do" in str(error):
        return "token" in block
    found: Any = block
    for step in error.key:
        found = found.get(step) if isinstance(found, dict) else None
    return found == "" or error.key[-1] == "…"


@each(("row", "kind"), lambda: [(row, kind) for row in operations() for kind in TableKind])
def test_a_proposal_is_taken_by_its_wsdl_or_refused_for_what_is_not_filled_in(
    row: Row, kind: TableKind
) -> None:
    found = proposal(row, kind)
    if found is None:
        return
    text, block = found
    error = refusal(text, block)
    assert error is None or unfilled(block, error, text), (str(error), text)


@each("row", lambda: list(operations()))
def test_no_mark_of_a_proposal_can_mean_a_refusal(row: Row) -> None:
    found = proposal(row, TableKind.SEND)
    if found is None:
        return
    try:
        backend = load(*found)
    except ConfigError:
        return
    _, _, port, operation = row
    content = port.content(operation, "output")
    least = sample(content.body.type, optional=False)
    (table,) = backend.protocols["soap"].operations().values()
    assert isinstance(table, Operation)
    for path, word in table.accepted.match.items():
        assert not is_of_trouble(path)
        if path == ANSWER:
            assert content.empty
        elif word != "true":
            assert word == "*"
            assert word_at(least, path) is None
        else:
            part = content.find(path)
            assert part is not None
            assert part.type.base == "boolean"
    provider = Provider(backend)
    provider.fault = "refusals:400"
    with Client(backend, transport=InProcess(provider)) as client, pytest.raises(SendError):
        client.send(NUMBER, TEXT)
