"""YAML with JSON's own scalars: everything else is text, with its line."""

from __future__ import annotations

import runpy
import sys
from typing import Any

import pytest

from smsbridge import MissingExtra
from smsbridge.testing import plain_yaml
from smsbridge.testing.fixture.yaml_subset import BadYAML, Block, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("+12025550123", "+12025550123"),
        ("yes", "yes"),
        ("012", "012"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        ("~", "~"),
        (".5", ".5"),
        ('"1"', "1"),
        ("'true'", "true"),
        ("", None),
    ],
)
def test_only_jsons_own_scalars_are_no_text(text: str, value: Any) -> None:
    assert read_yaml(text) == value
    assert type(read_yaml(text)) is type(value)


def test_a_block_knows_the_line_of_each_key() -> None:
    block = read_yaml("a: 1\nb:\n  c: 2\n\n  d: [3]\n")
    assert isinstance(block, Block)
    assert block == {"a": 1, "b": {"c": 2, "d": [3]}}
    assert (block.lines, block["b"].lines) == ({"a": 1, "b": 2}, {"c": 3, "d": 5})


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a: 1\nb: !!int 2", 2, "tags"),
        ("a: !other 1", 1, "tags"),
        ("a: &x 1\nb: *x", 1, "anchors"),
        ("a: 1\na: 2", 2, "given twice"),
        ("a: 1\n<<: {b: 1}", 2, "plain word"),
        ("? [a]\n: 1", 1, "plain word"),
        ("a: [", 1, "no valid YAML"),
        ("a: 1\nb: \x07", 2, "no valid YAML"),
    ],
)
def test_what_is_not_taken_is_told_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(BadYAML, match=why) as refused:
        read_yaml(text)
    assert refused.value.line == line


def test_a_missing_library_is_told_by_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtra, match=r"smsbridge\[testing\]"):
        runpy.run_path(plain_yaml.__file__)
