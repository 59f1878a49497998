"""docs/smsmobileapi.md: each cell agrees with the backend's tables, and has a test behind it."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click

from smsbridge import Client, Operation, Protocol, Question
from smsbridge.auth.schemes import ClientCredentials
from smsbridge.backends.smsmobileapi import SMSMobileAPI, SMSMobileAPIOptions
from smsbridge.cli import main
from smsbridge.codecs.soap.codec import Soap
from smsbridge.message import Message
from smsbridge.serving.webhooks import webhook_types

from support.each import each, ids_of

ROOT = Path(__file__).parents[1]
FILES = {
    "wire": "backends.test_smsmobileapi_wire",
    "answers": "backends.test_smsmobileapi_answers",
    "hooks": "webhooks.test_table",
    "signing": "webhooks.test_signatures",
    "receiving": "webhooks.test_receiver",
    "sending": "serving.test_webhooks",
}
PROTOCOLS = SMSMobileAPI.protocols
LABELS = {"DOC", "OAS", "MODULE", "FIELD", "ASSUMED"}
CREDENTIALS = {"api_key": "k", "client_id": "c", "client_secret": "s"}
NEVER = "\N{EN DASH}"
SEVEN, FIVE = 7, 5


@dataclass(frozen=True)
class Row:
    """A row of the page: of which call, what, where from, our names, its cells, its tests."""

    call: str
    what: str
    source: str
    ours: str
    cells: dict[str, str]
    tests: list[str]

    @property
    def first(self) -> str:
        """The first name or path of the provider in it."""
        found = re.search("`([^`]+)`", self.what)
        return found[1] if found else ""


def rows() -> list[Row]:
    page = (ROOT / "docs" / "smsmobileapi.md").read_text(encoding="utf-8")
    found, call = [], ""
    for line in page.partition("## Each parameter")[2].splitlines():
        if line.startswith("### "):
            call = line.removeprefix("### ").partition(":")[0].strip("`")
        parts = [part.strip() for part in line.strip().strip("|").split("|")]
        if not line.startswith("|") or parts[0] in ("what", "version", "---"):
            continue
        if len(parts) == SEVEN:
            what, source, ours, *cells, tests = parts
            marks = dict(zip(PROTOCOLS, cells, strict=True))
        else:
            assert len(parts) == FIVE, line
            (_, what, source, ours, tests), marks = parts, {}
        nodes = re.findall("`([^`]+)`", tests)
        found.append(Row(call, what, source, ours, marks, nodes))
    return found


ROWS = rows()
CELLS = [(row, protocol) for row in ROWS for protocol in row.cells]


def is_there(node: str) -> bool:
    """Return whether a test that the page names exists, over each protocol and with its case."""
    alias, _, named = node.partition("::")
    name, bracket, case = named.removesuffix("]").partition("[")
    test = getattr(import_module(FILES[alias]), name, None)
    if test is None or not bracket:
        return test is not None
    over_each = "protocol" in inspect.signature(test).parameters
    return over_each and (case == "*" or case.removeprefix("*-") in ids_of(test))


def test_every_call_is_on_the_page() -> None:
    calls = {name for protocol in PROTOCOLS.values() for name in protocol.operations()}
    assert {row.call for row in ROWS} == (calls - {"status"}) | {"SOAP", "oauth2", "Webhooks"}


@each("row", ROWS)
def test_a_row_has_a_source_and_tests_that_exist(row: Row) -> None:
    assert set(re.findall("[A-Z]{3,}", row.source)) - {"UTC", "YYYY", "MM", "DD"} <= LABELS | {
        "GUID"
    }
    assert row.tests
    for node in row.tests:
        assert ("[*" in node) == bool(row.cells), "one test for each protocol, or none of them"
    assert [node for node in row.tests if not is_there(node)] == []


def reads(table: Operation | Question) -> set[str]:
    """Return the paths of an answer that a table reads."""
    found = {*table.taken.match, *table.rejected}
    if isinstance(table, Operation):
        return found | {path for path in (table.accepted.id, table.accepted.status) if path}
    rows = {path for name in table.row for path in table.paths(name)}
    return {*found, *rows, table.rows, *table.failed.match}


def expected(row: Row, protocol: Protocol) -> set[str]:
    """Return what a cell may say, by the backend's tables."""
    if row.call == "SOAP":
        return {"yes"} if isinstance(protocol.codec, Soap) else {NEVER}
    if row.call == "oauth2":
        auth = protocol.auth
        asked = auth.form(CREDENTIALS) if isinstance(auth, ClientCredentials) else {}
        known = row.first in asked or (row.what.startswith("answer") and asked)
        return {"yes"} if known else {NEVER}
    table = protocol.operations().get(row.call)
    if table is None:
        return {NEVER}
    if not row.what.startswith("answer"):
        written = table.places().keys() | protocol.auth.fields(CREDENTIALS).keys()
        return {"yes"} if row.first in written else {NEVER}
    is_path = row.what.startswith("answer `")
    return {"yes"} if not is_path or row.first in reads(table) else {"kept"}


@each(("row", "protocol"), CELLS)
def test_a_cell_says_what_the_tables_of_the_backend_say(row: Row, protocol: str) -> None:
    assert {row.cells[protocol]} == expected(row, PROTOCOLS[protocol])


def test_what_the_tables_have_is_on_the_page() -> None:
    table = {(row.call, row.first, row.what.startswith("answer")) for row in ROWS}
    for name, operation in PROTOCOLS["rest"].operations().items():
        if name == "status":  # it asks the log as `sent` does, for one message
            continue
        assert [field for field in operation.places() if (name, field, False) not in table] == []
        assert [path for path in reads(operation) if (name, path, True) not in table] == []


def test_each_webhook_header_field_and_type_is_on_the_page() -> None:
    tables = SMSMobileAPI.webhooks
    signature = tables[0].signed
    assert signature is not None
    named = {w for row in ROWS if not row.cells for w in re.findall("`([^`]+)`", row.what)}
    headers = {signature.header, signature.rotating, signature.timestamp, *tables[0].headers}
    fields = {*tables[-2].texts, *tables[0].envelope.values(), "alias"}
    assert (headers | fields | set(webhook_types(tables))) - named == set()


@each("row", [r for r in ROWS if r.cells])
def test_our_names_are_those_of_the_client_and_the_command(row: Row) -> None:
    for method, argument in re.findall(r"`(\w+)\((\w+)=…\)`", row.ours):
        known = {*inspect.signature(getattr(Client, method)).parameters}
        if method == "send":
            known |= {*Message.__dataclass_fields__}
        assert argument in known
    for option in re.findall(r"`options\.(\w+)`", row.ours):
        assert option in SMSMobileAPIOptions.__dataclass_fields__
    for flag in re.findall(r"`(--[a-z]+)", row.ours):
        command = main.get_command(click.Context(main, **main.context_settings), row.call)
        assert command is not None
        assert flag in {name for one in command.params for name in one.opts}
