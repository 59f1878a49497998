"""The docs hold: what a page shows is run, and what it lists is compared with the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import smsbridge
from smsbridge import ConfigError, Reason, Status
from smsbridge.backends.tables.auth_reader import AUTHS
from smsbridge.backends.tables.rest import RestBlock
from smsbridge.backends.tables.soap import SoapBlock
from smsbridge.backends.tables.table_reader import TABLES as TABLE_KEYS
from smsbridge.codecs.rest import METHODS
from smsbridge.config.load import from_file
from smsbridge.mapping.call_values import value_names
from smsbridge.mapping.filters import FILTERS, TIME_FILTERS
from smsbridge.mapping.operation import COMMANDS, QUESTIONS, RECEIVED_ROW, SENT_ROW
from smsbridge.mapping.template import render

from support.each import each
from support.terminal import DOCS, Terminal, blocks, normal

EXAMPLES = DOCS / "examples"
PACKAGE = Path(smsbridge.__file__).parent
SECONDS = 60

PAGE = "any-service.md"


@pytest.fixture
def terminal(terminal: Terminal) -> Terminal:
    """Return a terminal in a folder with what the page's reader has."""
    (terminal.folder / "vendor").mkdir()
    for name, place in (("oldcorp.wsdl", "vendor"), ("app.py", "."), ("test_app.py", ".")):
        (terminal.folder / place / name).write_bytes((EXAMPLES / name).read_bytes())
    return terminal


@pytest.mark.timeout(300)
def test_any_service_prints_what_it_shows(terminal: Terminal) -> None:
    for said, shown, place in terminal.follow(PAGE):
        assert said == shown, place


def test_many_prints_what_it_shows(terminal: Terminal) -> None:
    for block in blocks("many.md", "console"):
        assert normal(terminal.run(block.text)) == normal(block.text), f"line {block.line}"


def test_the_tables_on_the_page_are_the_example() -> None:
    written = "\n".join(block.text for block in blocks(PAGE, "toml"))
    assert written == (EXAMPLES / "smsbridge.toml").read_text(encoding="utf-8")


@each("name", ["app.py", "test_app.py"])
def test_the_application_and_its_tests_name_no_provider_and_no_protocol(name: str) -> None:
    words = set(re.findall("[a-z]+", (EXAMPLES / name).read_text(encoding="utf-8").lower()))
    assert words & {"oldcorp", "newcorp", "soap", "rest", "wsdl", "oauth", "xml"} == set()
    assert f"```{{literalinclude}} examples/{name}" in (DOCS / PAGE).read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the WSDL and the secrets that the blocks of the docs ask for."""
    (tmp_path / "oldcorp.wsdl").write_bytes((EXAMPLES / "oldcorp.wsdl").read_bytes())
    (tmp_path / "sms.key").write_text("key\n", encoding="utf-8")
    for name in ("OLDCORP", "NEWCORP"):
        monkeypatch.setenv(name, "secret")
    return tmp_path


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (page, block.text)
        for page in ("tables.md", PAGE, "../README.md")
        for block in blocks(page, "toml")
        if re.search('backend = "(soap|rest)"', block.text)
    ],
)
def test_each_block_of_config_can_be_used(folder: Path, page: str, text: str) -> None:
    file = folder / "smsbridge.toml"
    file.write_text(text, encoding="utf-8")
    held = tomllib.loads(text)["backends"]
    assert held
    assert [from_file(name, file).name for name in held if "like" not in held[name]]


def test_the_readme_shows_the_mistake_as_it_is_told(folder: Path) -> None:
    (text,) = (b.text for b in blocks("../README.md", "toml") if "[backends.oldcorp]" in b.text)
    (shown,) = (b.text for b in blocks("../README.md", "text") if "boddy" in b.text)
    (folder / "smsbridge.toml").write_text(text.replace("request.body", "request.boddy"))
    with pytest.raises(ConfigError) as caught:
        from_file("oldcorp", folder / "smsbridge.toml")
    assert f"smsbridge: {caught.value}\n" == shown


TABLES = (DOCS / "tables.md").read_text(encoding="utf-8")
NOW = datetime(2027, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)
VALUES = {"recipient": "+447700900123", "text": "Hi", "now": NOW}
FILTER_ROWS = re.findall(r"^\| `([^`]+)` \| `(\{[^`]*\})` \| `([^`]*)` \|$", TABLES, re.MULTILINE)


@each(("name", "template", "gives"), FILTER_ROWS)
def test_a_filter_gives_what_the_docs_say(name: str, template: str, gives: str) -> None:
    template = template.replace("\\|", "|")
    assert name.rstrip("…") in template
    assert str(render(template, VALUES)) == gives


def test_each_filter_is_in_the_docs() -> None:
    assert [row[0] for row in FILTER_ROWS] == [*FILTERS, *TIME_FILTERS, "%…"]


@each(
    "words",
    [
        TABLE_KEYS,
        {*SoapBlock.own_keys, *RestBlock.own_keys},
        {*QUESTIONS, *(name for values in QUESTIONS.values() for name in values)},
        {*COMMANDS, *(name for values in COMMANDS.values() for name in values)},
        {*SENT_ROW, *RECEIVED_ROW},
        AUTHS,
        {key for needed, more in AUTHS.values() for key in (*needed, *more)},
        set().union(*(value_names(name) for name in ("send", *QUESTIONS, *COMMANDS))),
        Reason,
        Status,
        METHODS,
    ],
)
def test_each_word_of_a_block_is_in_the_docs(words: Iterable[str]) -> None:
    assert [word for word in words if not re.search(rf"`\"?{re.escape(word)}\"?`", TABLES)] == []


def test_each_public_name_is_in_the_reference() -> None:
    reference = (DOCS / "reference.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"auto(?:class|exception|decorator):: (\w+)$", reference, re.MULTILINE))
    assert set(smsbridge.__all__) - listed == set()


def test_each_test_and_module_that_a_page_names_is_there() -> None:
    pages = [*DOCS.glob("*.md"), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]
    named = {
        path
        for page in pages
        for path in re.findall(r"`((?:tests|smsbridge)/[\w./]+)`", page.read_text("utf-8"))
    }
    assert {path for path in named if not (DOCS.parent / path).exists()} == set()


def test_each_room_is_in_the_house() -> None:
    design = (DOCS / "design.md").read_text(encoding="utf-8")
    house = design[design.index("## The house") :]
    rooms = {p.relative_to(PACKAGE).parts[0] for p in PACKAGE.rglob("*.py")} - {"__init__.py"}
    assert {room for room in rooms if f"\n  {room}" not in house} == set()


def test_the_ten_lines_of_the_readme_are_those_of_the_tutorial() -> None:
    (shown,) = (b.text for b in blocks("../README.md", "python") if "class Tiny" in b.text)
    assert shown == (EXAMPLES / "tiny" / "tiny.py").read_text(encoding="utf-8")
