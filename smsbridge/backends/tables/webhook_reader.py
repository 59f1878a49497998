"""Reads ``reported``, ``arrived`` and ``other`` of a block: what a provider sends to us."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from smsbridge.backends.tables.block import Block
from smsbridge.errors import ConfigError
from smsbridge.mapping.table_check import one_of
from smsbridge.mapping.words import When
from smsbridge.message import Channel, Status
from smsbridge.text.suggest import nearest
from smsbridge.webhooks.signatures import SECRET, Signature
from smsbridge.webhooks.table import Webhook, WebhookAnswer, WebhookKind

WEBHOOKS = tuple(map(str, WebhookKind))
_KEYS = (
    *("takes", "body", "when", "texts", "rows", "row", "statuses", "channel", "answer", "signed"),
    *("charset", "envelope", "types", "also", "headers"),
)
_ALSO = ("id", "sender", "recipient", "text", "reference", "device", "error", "status", "now")
_OF_HEADERS = ("id", "type", "version", "created_at", "occurred_at", "delivery")


def read_webhooks(
    values: Mapping[str, Any], credentials: Collection[str], statuses: Mapping[str, Status]
) -> tuple[Webhook, ...]:
    """Return the tables of a block, in the order in which it has them.

    ``credentials``: the names of those of the block; ``statuses``: its words for statuses, where a
    table has none.
    """
    block = Block(values)
    return tuple(
        _read(table, kind, credentials, statuses)
        for kind in values
        if kind in WEBHOOKS
        for table in _tables(block, kind)
    )


def _tables(block: Block, kind: str) -> Iterator[Block]:
    """Yield the table of a kind, or each of several, ``[[backends.x.reported]]``."""
    found = block.values[kind]
    if not isinstance(found, list):
        yield block.table(kind)
        return
    for place, one in enumerate(found):
        if not isinstance(one, Mapping):
            block.fail("give a table, or several", kind)
        yield Block(one, (*block.at, kind, str(place)))


def _read(
    table: Block, kind: str, credentials: Collection[str], statuses: Mapping[str, Status]
) -> Webhook:
    table.only(*_KEYS)
    takes = table.values.get("takes", "POST")
    signed = table.table("signed") if "signed" in table else None
    own = table.table("statuses", optional=True)
    words = {word: one_of(own, Status, said, word) for word, said in own.values.items()}
    try:
        return Webhook(
            kind=WebhookKind(kind),
            takes=(takes,) if isinstance(takes, str) else tuple(takes),
            body=table.of("body", str, "json"),
            when=When(table.words("when")),
            texts=tuple(table.values.get("texts", ())),
            rows=table.path("rows", ""),
            row=_row(table),
            statuses=words or (statuses if kind == WebhookKind.REPORTED else {}),
            channel=one_of(table, Channel, table.of("channel", str, "sms"), "channel"),
            answer=_answer(table),
            signed=_signature(signed, credentials) if signed else None,
            charset=table.of("charset", str, "").lower(),
            envelope=_several_paths(table.table("envelope", optional=True)),
            types=tuple(table.values.get("types", ())),
            also=table.templates("also", {*_ALSO, *credentials}),
            headers=table.headers("headers", {*_OF_HEADERS, *credentials}),
        )
    except ConfigError as error:
        if error.key[:1] == (kind,):
            table.fail(str(error).partition(": ")[2], *error.key[1:])
        raise


def _row(table: Block) -> dict[str, Any]:
    row = table.table("row", optional=True)
    return {
        name: _cell(row, name) if isinstance(cell, Mapping) else row.paths(name)
        for name, cell in row.values.items()
    }


def _cell(row: Block, name: str) -> dict[str, Any]:
    cell = row.table(name)
    return {**cell.values, **({"path": cell.paths("path")} if "path" in cell else {})}


def _several_paths(table: Block) -> dict[str, Any]:
    return {name: table.paths(name) for name in table.values}


def _answer(table: Block) -> WebhookAnswer:
    given = table.table("answer", optional=True)
    given.only("status", "body", "type")
    plain = WebhookAnswer()
    return WebhookAnswer(
        status=given.of("status", int, plain.status),
        body=given.of("body", str, plain.body),
        type=given.of("type", str, plain.type),
    )


def _signature(table: Block, credentials: Collection[str]) -> Signature:
    table.only("header", "value", "timestamp", "nonce", "rotating", "seconds")
    try:
        made = Signature(
            header=table.of("header", str),
            timestamp=table.of("timestamp", str, ""),
            nonce=table.of("nonce", str, ""),
            rotating=table.of("rotating", str, ""),
            seconds=table.of("seconds", int, 300),
            **({"value": table.values["value"]} if "value" in table else {}),
        )
    except ConfigError as error:
        if error.key[:1] == ("signed",):
            table.fail(str(error).partition(": ")[2], *error.key[1:])
        raise
    known = {*credentials, SECRET}
    for name in sorted(made.names - known):
        table.fail(f"there is no value {{{name}}}; {nearest(name, known)}", "value")
    return made
