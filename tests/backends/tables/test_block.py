"""A table of config, read key by key. Mistakes of whole blocks by their lines: test_table.py."""

from __future__ import annotations

from typing import Any

from smsbridge import Reason
from smsbridge.backends.tables.block import Block

from support.each import each
from support.refusing import refusal

HERE = Block({"text": "t", "number": 5, "bool": True, "table": {"a": 1}, "path": "a.b[0]"}, ("at",))


def test_a_path_is_one() -> None:
    assert HERE.path("path") == "a.b[0]"
    assert HERE.path("absent", "") == ""
    assert "is not a path" in str(refusal(lambda: Block({"p": "a..b"}).path("p")))
    assert "is not a path" in str(refusal(lambda: Block({"p": ""}).path("p")))
    assert Block({"p": ""}).path("p", "") == ""


@each(
    "fields",
    [
        {"a.b": "{x}", "a.c": 1},
        {"a": {"b": "{x}", "c": 1}},
        {"a": {"b": "{x}"}, "a.c": 1},
    ],
)
def test_templates_are_by_path_however_they_are_nested(fields: dict[str, Any]) -> None:
    assert Block({"fields": fields}).templates("fields", {"x"}) == {"a.b": "{x}", "a.c": 1}


@each("template", [{"md5": "{x}"}, {"{x}": {"1": "a", "*": "b"}}, {"md5": {"{x}": {"1": "a"}}}])
def test_a_filter_and_a_choice_are_templates_and_no_paths(template: dict[str, Any]) -> None:
    assert Block({"f": {"a": template}}).templates("f", {"x"}) == {"a": template}


@each("name", ["X-Api-Key", "x_key", "A", "1"])
def test_a_header_has_a_name_that_http_takes(name: str) -> None:
    assert Block({"h": {name: "{x}"}}).headers("h", {"x"}) == {name: "{x}"}


def test_words_are_text_by_path() -> None:
    words = Block({"w": {"a": {"b": 0, "c": True}, "d": "x", "e": 0.5}}).words("w")
    assert words == {"a.b": "0", "a.c": "true", "d": "x", "e": "0.5"}


def test_reasons_are_by_path_and_word() -> None:
    given = {"r": {"a": {"b": {"1": "quota", "*": "other"}}, "c": {"x": "rate"}}}
    assert Block(given).reasons("r") == {
        "a.b": {"1": Reason.QUOTA, "*": Reason.OTHER},
        "c": {"x": Reason.RATE},
    }
