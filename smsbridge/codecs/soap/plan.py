"""The ports of a WSDL as lines of text, and back: what zeep made of it need not be made again.

Each line is JSON; the first says which ports there are, and in which line each of their operations
stands, so that only those are read that are used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from smsbridge.codecs.soap.model import BadWSDL, Content, Need, Part, WSDLOperation, XSDType
from smsbridge.codecs.soap.port import Port, Ports
from smsbridge.codecs.soap.port_operations import PortOperations
from smsbridge.codecs.soap.xsd_validate import Schema

Row = dict[str, Any]


def write_ports(ports: Ports) -> list[str]:
    """Return the lines for some ports."""
    lines: dict[str, int] = {}

    def line(what: Any) -> int:
        return lines.setdefault(_json(what), len(lines) + 1)

    rows = [
        {
            "name": name,
            "service": port.service,
            "address": port.address,
            "version": port.version,
            "operations": {one: line(_operation(port, one)) for one in port.operations},
            "schema": line(_sources(port.schema)),
        }
        for name, port in ports.items()
    ]
    return [_json({"ports": rows, "refused": ports.refused}), *lines]


def read_ports(
    lines: Sequence[str],
    documents: Mapping[str, bytes],
    find_type: Callable[[str, str], XSDType | None],
) -> Ports:
    """Return the ports of some lines; ``documents`` are those of the WSDL, by address.

    ``find_type`` returns the type of a port that has a local name.
    """
    first = json.loads(lines[0])
    found = {}
    for row in first["ports"]:
        places = row["operations"]
        found[row["name"]] = Port(
            service=row["service"],
            name=row["name"],
            address=row["address"],
            version=row["version"],
            operations=PortOperations(places, partial(_read_operation, lines, places)),
            types=partial(find_type, row["name"]),
            schema=Schema({}, made=partial(_read_sources, lines, row["schema"])),
            documents=documents,
        )
    return Ports(found, {name: (one[0], one[1]) for name, one in first["refused"].items()})


def _json(what: Any) -> str:
    return json.dumps(what, separators=(",", ":"))


def _sources(schema: Schema) -> dict[str, str] | None:
    made = schema.sources
    return None if made is None else {place: text.decode() for place, text in made.items()}


def _read_sources(lines: Sequence[str], number: int) -> dict[str, bytes] | None:
    made = json.loads(lines[number])
    return None if made is None else {place: text.encode() for place, text in made.items()}


def _operation(port: Port, name: str) -> Row:
    try:
        made = port.operations[name]
    except BadWSDL as error:
        return {"trouble": str(error), "path": error.path}
    types = _TypeRows()
    return {
        "name": made.name,
        "action": made.action,
        "style": made.style,
        "input": types.content(made.input),
        "output": None if made.output is None else types.content(made.output),
        "faults": types.parts(made.faults),
        "notes": made.notes,
        "types": types.rows,
    }


def _read_operation(lines: Sequence[str], places: Mapping[str, int], name: str) -> WSDLOperation:
    row = json.loads(lines[places[name]])
    if "trouble" in row:
        raise BadWSDL(row["trouble"], row["path"])
    types = _Types(row["types"])
    return WSDLOperation(
        name=row["name"],
        action=row["action"],
        style=row["style"],
        input=types.content(row["input"]),
        output=None if row["output"] is None else types.content(row["output"]),
        faults=types.parts(row["faults"]),
        notes=row["notes"],
    )


class _TypeRows:
    """The types of an operation as rows, which name each other by number: types may be circles.

    The first row is none, so that no type has the number 0.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = [{}]
        self._numbers: dict[int, int] = {}

    def content(self, content: Content) -> Row:
        return {
            "body": self.part(content.body),
            "headers": self.parts(content.headers),
            "encoded": content.encoded,
        }

    def parts(self, parts: Iterable[Part]) -> list[list[Any]]:
        return [self.part(part) for part in parts]

    def part(self, part: Part) -> list[Any]:
        flags = [part.required, part.repeated, part.nillable, part.fixed, part.default]
        return [part.name, part.namespace, self._number(part.type), *flags]

    def _number(self, kind: XSDType | None) -> int:
        if kind is None:
            return 0
        if id(kind) not in self._numbers:
            self._numbers[id(kind)] = number = len(self.rows)
            self.rows.append({})
            self.rows[number] = {key: one for key, one in self._row(kind).items() if one}
        return self._numbers[id(kind)]

    def _row(self, kind: XSDType) -> Row:
        return {
            "name": kind.name,
            "base": kind.base,
            "words": kind.words,
            "limits": kind.limits,
            "parts": self.parts(kind.parts),
            "item": self._number(kind.item),
            "listed": self._number(kind.listed),
            "members": [self._number(one) for one in kind.members],
            "open": kind.open,
            "open_at": kind.open_at,
            "one_of": [sorted(names) for names in kind.one_of],
            "choices": [[sorted(names) for names in choice] for choice in kind.choices],
            "needs": [[sorted(need.given), sorted(need.names)] for need in kind.needs],
            "abstract": kind.abstract,
            "derived": [self._number(one) for one in kind.derived],
        }


class _Types:
    """The types of an operation, from their rows."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._kinds = [XSDType() for _ in rows]
        for kind, row in zip(self._kinds, rows, strict=True):
            self._fill(kind, row)

    def content(self, row: Row) -> Content:
        return Content(
            body=self._part(row["body"]),
            headers=self.parts(row["headers"]),
            encoded=row["encoded"],
        )

    def parts(self, rows: Iterable[list[Any]]) -> list[Part]:
        return [self._part(row) for row in rows]

    def _part(self, row: list[Any]) -> Part:
        name, namespace, number, required, repeated, nillable, fixed, default = row
        return Part(
            name=name,
            namespace=namespace,
            type=self._kinds[number],
            required=required,
            repeated=repeated,
            nillable=nillable,
            fixed=fixed,
            default=default,
        )

    def _fill(self, kind: XSDType, row: Row) -> None:
        kind.name, kind.base = row.get("name", ""), row.get("base", "")
        kind.words, kind.limits = tuple(row.get("words", ())), tuple(row.get("limits", ()))
        kind.parts = self.parts(row.get("parts", ()))
        kind.item = self._kinds[row["item"]] if "item" in row else None
        kind.listed = self._kinds[row["listed"]] if "listed" in row else None
        kind.members = tuple(self._kinds[one] for one in row.get("members", ()))
        kind.open, kind.open_at = row.get("open", False), row.get("open_at", 0)
        kind.one_of = [frozenset(names) for names in row.get("one_of", ())]
        kind.choices = [
            tuple(frozenset(names) for names in choice) for choice in row.get("choices", ())
        ]
        kind.needs = [
            Need(frozenset(given), frozenset(names)) for given, names in row.get("needs", ())
        ]
        kind.abstract = row.get("abstract", False)
        kind.derived = [self._kinds[one] for one in row.get("derived", ())]
