"""A table of config, read key by key. Mistakes of whole blocks by their lines: test_table.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from smsbridge import ConfigError, Reason, Status
from smsbridge.backends.tables.block import Block, shown

HERE = Block({"text": "t", "number": 5, "bool": True, "table": {"a": 1}, "path": "a.b[0]"}, ("at",))


def refusal(read: Callable[[], object]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read()
    return caught.value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (("send", "fields", "request.body"), 'send.fields."request.body"'),
        (("send", "headers", "X-Api-Key"), "send.headers.X-Api-Key"),
        (("rejected", "a[0]", ""), 'rejected."a[0]".""'),
    ],
)
def test_a_key_is_shown_as_toml_has_it(key: tuple[str, ...], text: str) -> None:
    assert shown(key) == text


@pytest.mark.parametrize(("key", "kind"), [("text", str), ("number", int), ("bool", bool)])
def test_a_value_is_of_its_type(key: str, kind: type) -> None:
    assert HERE.of(key, kind) == HERE.values[key]
    assert HERE.of("absent", kind, default=kind(1)) == kind(1)


@pytest.mark.parametrize(
    ("key", "kind", "why"),
    [
        ("number", str, "at.number: give text"),
        ("text", int, "at.text: give a whole number"),
        ("bool", int, "at.bool: give a whole number"),
        ("number", bool, "at.number: give true or false"),
        ("table", str, "at.table: give text"),
        ("absent", str, "at: absent is missing"),
    ],
)
def test_another_type_is_refused_by_its_key_and_what_is_missing_by_what_holds_it(
    key: str, kind: type, why: str
) -> None:
    error = refusal(lambda: HERE.of(key, kind))
    assert str(error) == why
    assert error.key == (("at", key) if key in HERE else ("at",))


def test_a_table_knows_where_it_stands() -> None:
    assert HERE.table("table") == Block({"a": 1}, ("at", "table"))
    assert HERE.table("absent", optional=True) == Block({}, ("at", "absent"))
    assert str(refusal(lambda: HERE.table("absent"))) == "at.absent: is missing"
    assert str(refusal(lambda: HERE.table("text", optional=True))) == "at.text: give a table"


def test_a_block_at_the_top_fails_without_a_key() -> None:
    error = refusal(lambda: Block({}).fail("say something"))
    assert (str(error), error.key) == ("say something", ())


def test_another_key_is_refused_with_the_nearest() -> None:
    Block({"a": 1}, ("at",)).only("a", "b")
    error = refusal(lambda: Block({"rwos": 1}, ("at", "x")).only("rows", "row"))
    assert str(error) == "at.x.rwos: is not a key of at.x; did you mean 'rows'? known are row, rows"
    assert error.key == ("at", "x", "rwos")


def test_a_path_is_one() -> None:
    assert HERE.path("path") == "a.b[0]"
    assert HERE.path("absent", "") == ""
    assert "is not a path" in str(refusal(lambda: Block({"p": "a..b"}).path("p")))
    assert "is not a path" in str(refusal(lambda: Block({"p": ""}).path("p")))
    assert Block({"p": ""}).path("p", "") == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"a.b": "{x}", "a.c": 1},
        {"a": {"b": "{x}", "c": 1}},
        {"a": {"b": "{x}"}, "a.c": 1},
    ],
)
def test_templates_are_by_path_however_they_are_nested(fields: dict[str, Any]) -> None:
    assert Block({"fields": fields}).templates("fields", {"x"}) == {"a.b": "{x}", "a.c": 1}


@pytest.mark.parametrize(
    "template", [{"md5": "{x}"}, {"{x}": {"1": "a", "*": "b"}}, {"md5": {"{x}": {"1": "a"}}}]
)
def test_a_filter_and_a_choice_are_templates_and_no_paths(template: dict[str, Any]) -> None:
    assert Block({"f": {"a": template}}).templates("f", {"x"}) == {"a": template}


@pytest.mark.parametrize("name", ["X-Api-Key", "x_key", "A", "1"])
def test_a_header_has_a_name_that_http_takes(name: str) -> None:
    assert Block({"h": {name: "{x}"}}).headers("h", {"x"}) == {name: "{x}"}


@pytest.mark.parametrize("name", ["X Key", "X:", "", "Ü", "X\r\nY", "X.Y", '"'])
def test_another_name_is_refused(name: str) -> None:
    error = refusal(lambda: Block({"h": {name: "x"}}).headers("h", ()))
    assert "is not the name of an HTTP header" in str(error)
    assert error.key == ("h", name)


@pytest.mark.parametrize("value", ["a\r\nX: y", "é", "\0"])
def test_a_header_has_a_value_that_http_takes(value: str) -> None:
    error = refusal(lambda: Block({"h": {"X": value}}).headers("h", ()))
    assert str(error) == "h.X: give printable ASCII"


def test_words_are_text_by_path() -> None:
    words = Block({"w": {"a": {"b": 0, "c": True}, "d": "x", "e": 0.5}}).words("w")
    assert words == {"a.b": "0", "a.c": "true", "d": "x", "e": "0.5"}


def test_reasons_are_by_path_and_word() -> None:
    given = {"r": {"a": {"b": {"1": "quota", "*": "other"}}, "c": {"x": "rate"}}}
    assert Block(given).reasons("r") == {
        "a.b": {"1": Reason.QUOTA, "*": Reason.OTHER},
        "c": {"x": Reason.RATE},
    }


@pytest.mark.parametrize("word", ["deliverd", 5, True, ["sent"], {"sent": 1}, ""])
def test_a_word_of_a_closed_set_is_one_of_it(word: object) -> None:
    error = refusal(lambda: HERE.one_of(Status, word, "text"))
    assert f"at.text: there is no status {word!r}; " in str(error)
    assert "delivered" in str(error)
