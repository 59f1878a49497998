"""The page about fixtures has a line for each key, matcher and placeholder of the format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from smsbridge.testing.fixture.match import MATCHERS
from smsbridge.testing.fixture.placeholders import FORMS
from smsbridge.testing.fixture.schema import schema

from support.commands import run
from support.each import each
from support.terminal import DOCS, blocks, normal

PAGE = "fixtures.md"
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")


def section(title: str) -> str:
    """Return what stands below a heading, up to the next one."""
    found = re.search(rf"^#+ {title}$(.*?)(?=^#+ |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def tables(text: str) -> Iterator[list[tuple[set[str], str]]]:
    """Yield the rows of each table: the words in the first cell, and the rest."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [line.strip("| ").partition(" | ") for line in table.splitlines()[2:]]
        yield [(set(re.findall("`([^`]+)`", first)), rest) for first, _, rest in rows]


def keys(table: list[tuple[set[str], str]]) -> list[str]:
    return sorted(word for words, _ in table for word in words)


def required(table: list[tuple[set[str], str]]) -> set[str]:
    return {word for words, rest in table for word in words if "equired" in rest.split(".")[-1]}


SCHEMA = schema()
DEFINED = SCHEMA["$defs"]


@each(
    ("title", "number", "rules"),
    [
        ("Keys", 0, SCHEMA),
        ("Keys", 1, SCHEMA["properties"]["provenance"]),
        ("Interactions", 0, DEFINED["interaction"]),
        ("Webhooks", 0, DEFINED["webhook"]),
    ],
)
def test_each_key_of_the_schema_has_a_line(title: str, number: int, rules: dict[str, Any]) -> None:
    table = list(tables(section(title)))[number]
    assert keys(table) == sorted(rules["properties"])
    assert required(table) >= set(rules["required"])


def test_each_choice_of_a_key_is_on_its_line() -> None:
    lines = {
        word: rest
        for title in ("Keys", "Interactions", "Webhooks")
        for table in tables(section(title))
        for words, rest in table
        for word in words
    }
    choices = {
        "source": SCHEMA["properties"]["provenance"]["properties"]["source"]["enum"],
        "live": DEFINED["interaction"]["properties"]["live"]["enum"],
        "signature": DEFINED["webhook"]["properties"]["signature"]["enum"],
        "fields": DEFINED["webhook"]["properties"]["fields"]["properties"],
    }
    for key, words in choices.items():
        assert [word for word in words if f"`{word}`" not in lines[key]] == [], key


def test_each_matcher_and_each_placeholder_has_a_line() -> None:
    matchers, places = tables(section("Values, matchers and placeholders"))
    named = {re.findall(r"[$][a-z-]+", word)[0] for word in keys(matchers)}
    assert named == {*MATCHERS, "$extra"}
    assert {re.sub(":[a-z_]+", ":n", word) for word in keys(places)} == set(FORMS)


def test_each_command_has_a_line() -> None:
    (table,) = tables(section("On the command line"))
    shown = {word.split()[2] for words, _ in table for word in words if word.startswith("smsb")}
    listed = run("fixtures", "--help").out.partition("Commands:\n")[2].splitlines()
    assert shown == {line.split()[0] for line in listed}


def test_the_command_on_the_page_prints_what_it_shows() -> None:
    ours = [one for one in blocks(PAGE, "console") if one.text.startswith("$ smsbridge fixtures")]
    ((command, _, shown),) = (one.text.partition("\n") for one in ours)
    done = run(*command.removeprefix("$ smsbridge ").split())
    assert normal(done.out.strip()) == normal(shown.strip())
