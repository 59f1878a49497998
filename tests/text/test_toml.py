"""The line of each key of a TOML document, whatever stands before it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.text.located import Key, Located
from smsbridge.text.toml import Node, read_toml, scan

from support.each import each

# --- one thing at a time


def marked(source: str) -> int:
    """Return the line of the key `mark`, which the document has once, as a key."""
    (found,) = (table.lines["mark"] for table in tables(read_toml(source)) if "mark" in table)
    return found


def tables(value: Any) -> Iterator[Located]:
    """Yield a mapping, and all that it holds."""
    if isinstance(value, Located):
        yield value
    for below in value.values() if isinstance(value, dict) else value:
        if isinstance(below, dict | list):
            yield from tables(below)


@each(
    "before",
    [
        "",
        "\n\n",
        "# mark = 1",
        "# [mark]\n# mark = 1",
        "a = 1 # mark = 2",
        "[a] # mark = 1",
        "  [ a ]  \n\t# mark",
        'a = "# [mark] = 1"',
        r'a = "\" mark = 1"',
        r'a = "\\"',
        r"a = '\'",
        "a = '# [mark] = \"'",
        'a = ""',
        "a = ''",
        'a = """"""',
        "a = ''''''",
        'a = """\nmark = 1\n[mark]\n"""',
        "a = '''\nmark = 1\n[mark]\n'''",
        'a = """x"" \'\'\' mark = 1"""""',
        "a = '''x'' \"\"\" mark = 1'''''",
        'a = """\\"""\nmark = 1"""',
        'a = """\\\n  \n  mark = 1"""',
        "a = '''\\'''",
        "a = [\n  1, # ]\n  2,\n]",
        "a = [\n  [\n'mark = 1'],\n[\"]\"],\n]",
        'a = [ """\n]\nmark = 1\n""",\n# mark = 1\n]',
        "a = { mark_ = 1, b = [ 1, 2 ] }",
        'a = { "}" = "{", b = { c = \'}\' } }',
        "a = [\n{ b = 1 },\n{ b = '\"' },\n]",
        "a.b.c = 1",
        "a.\"b.c\".'d = 1' = 1",
        "a . b = 1",
        '"a # b" = 1',
        "\"a ] 'b' [\" = 1",
        "[\"a ] b\".'c # [d']",
        "[[a]]\nb = 1\n[[a]]\nb = 2",
        "[[a]]\n[a.b]\n[[a]]\n[a.b]\nc = 1",
        "a = 2027-01-31T09:00:00Z\nb = 1e5\nc = true\nd = -inf\ne = 0xff",
        "a = 1\r\nb = [\r\n1,\r\n]\r\n",
        "1 = 1\n-a_ = 2",
        '"ключ" = "значение"',
    ],
)
@each("end", ["\n", "\r\n"])
def test_nothing_that_stands_before_a_key_moves_its_line(before: str, end: str) -> None:
    source = f"{before}{end}mark = 1"
    assert marked(source) == source.count("\n") + 1


@each(
    ("source", "key", "line"),
    [
        ("\n[a.b]\nc = 1", ("a", "b", "c"), 3),
        ("\n[a.b]\nc = 1", ("a", "b"), 2),
        ('[a."b.c"]\n\nd = 1', ("a", "b.c", "d"), 3),
        ('[a]\n"b.c" = 1', ("a", "b.c"), 2),
        ("[a]\nb.c = 1\nb.d = 2", ("a", "b", "d"), 3),
        ("[a]\nx = 1\nb.c = 1\nb.d = 2", ("a", "b"), 3),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a",), 1),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", "0", "b"), 2),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", "1"), 3),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", "1", "b"), 4),
        ("[[a]]\n[[a.b]]\n[[a.b]]\nc = 1", ("a", "0", "b", "1", "c"), 4),
        ("[a.b]\n[a]\nc = 1", ("a",), 2),
        ("[a.b]\nc = 1", ("a",), 1),
        ('"" = 1\n[a]', ("a",), 2),
        ('[a]\n"\\u0062" = 1', ("a", "b"), 2),
        ("[a]\n'b\"c' = 1", ("a", 'b"c'), 2),
    ],
)
def test_a_key_has_the_line_where_it_stands(source: str, key: Key, line: int) -> None:
    assert read_toml(source).line_of(key) == line


@each(
    ("key", "line"),
    [
        (("a", "b", "c"), 4),
        (("a", "b", "d"), 2),
        (("a", "d"), 1),
        (("a", "t", "u"), 5),
        (("a", "t", "u", "v"), 5),
        (("e",), 1),
        (("e", "f"), 1),
        ((), 1),
    ],
)
def test_a_key_that_is_missing_has_the_line_of_the_nearest_that_would_hold_it(
    key: Key, line: int
) -> None:
    source = "[a]\n[a.b]\n\nc = 1\n[a.t.u]\n"
    assert read_toml(source).line_of(key) == line


@each(
    "source",
    [
        'fields."request.body" = 1',
        "fields.request.body = 1",
        '"fields"."request"."body" = 1',
        '[fields]\n"request.body" = 1',
        "[fields]\nrequest.body = 1",
        "[fields.request]\nbody = 1",
    ],
)
def test_a_path_has_one_line_however_its_steps_are_written(source: str) -> None:
    wanted = source.count("\n") + 1
    assert read_toml(source).line_of(("fields", "request.body")) == wanted
    assert read_toml(source).line_of(("fields", "request", "body")) == wanted


def test_what_is_in_an_inline_table_or_an_array_has_the_line_of_the_key_that_holds_it() -> None:
    found = read_toml("[a]\nb = { c = { d = 1 } }\ne = [\n1,\n2,\n]\n")
    assert found.line_of(("a", "b", "c", "d")) == 2
    assert found.line_of(("a", "e", "0")) == 3


@each("source", ["[a", "a = ", "a", "a = 1 b = 2", "a = 1\na = 2", "\0"])
def test_a_document_that_is_none_is_refused_as_tomllib_does(source: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        read_toml(source)


def test_the_values_are_those_of_tomllib() -> None:
    source = 'a = [1, "b"]\n[c]\nd = { e = 2027-01-31 }'
    assert read_toml(source) == tomllib.loads(source)


def test_an_empty_document_has_no_lines() -> None:
    found = read_toml("")
    assert (found, found.lines) == ({}, {})


# --- any document


CHARACTERS = st.text(alphabet="aé .,=#[]{}\"'\\\n\t", max_size=12)


def basic(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def literal(word: str) -> str:
    return "'" + re.sub(r"['\n]", "", word) + "'"


def long_basic(word: str) -> str:
    word = word.replace("\\", "\\\\")
    return '"""' + re.sub('"{3,}', '""', word) + '"""'


def long_literal(word: str) -> str:
    return "'''" + re.sub("'{3,}", "''", word) + "'''"


def written(*ways: Callable[[str], str]) -> st.SearchStrategy[str]:
    return st.builds(lambda way, word: way(word), st.sampled_from(ways), CHARACTERS)


SHORT = written(basic, literal) | st.sampled_from(["1", "true", "2027-01-31", "[]", "{}"])
COMMENT = CHARACTERS.map(lambda word: "#" + word.replace("\n", " "))
INLINE = st.lists(SHORT, max_size=3).map(
    lambda held: "{" + ", ".join(f"k{n} = {value}" for n, value in enumerate(held)) + "}"
)
VALUE: st.SearchStrategy[str] = st.recursive(
    SHORT | INLINE | written(long_basic, long_literal),
    lambda inner: st.lists(st.tuples(inner, COMMENT), max_size=3).map(
        lambda held: "[\n" + "".join(f"{value}, {comment}\n" for value, comment in held) + "]"
    ),
    max_leaves=6,
)
NAME = written(basic, literal) | st.sampled_from(["a", "b-c", "_", "1"])


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Key, int]]:
    """Draw a document of which each header and key is there once, and their lines."""
    source, lines, table = "", dict[Key, int](), tuple[str, ...]()
    for number in range(draw(st.integers(0, 8))):
        source += draw(st.sampled_from(["", "\n", "  ", "\t"]))
        name = f"n{number}"
        written_key = f"{name}.{draw(NAME)}"
        key = (name, *tomllib.loads(f"{written_key} = 1")[name])
        lines_above = source.count("\n") + 1
        if draw(st.booleans()):
            table = key
            lines[table] = lines_above
            source += f"[{written_key}]{draw(st.sampled_from(['', ' ']))}"
        else:
            lines[*table, *key] = lines_above
            source += f"{written_key} = {draw(VALUE)}"
        source += draw(st.just("") | COMMENT) + "\n"
        source += draw(st.just("") | COMMENT.map(lambda word: f"{word}\n"))
    return source, lines


@given(documents())
def test_in_any_document_each_key_has_its_line(drawn: tuple[str, dict[Key, int]]) -> None:
    source, lines = drawn
    found = read_toml(source)
    assert found == tomllib.loads(source)
    assert {key: found.line_of(key) for key in lines} == lines


@given(documents())
def test_no_key_is_found_that_is_not_there(drawn: tuple[str, dict[Key, int]]) -> None:
    source, lines = drawn
    wanted = {key[:end] for key in lines for end in range(1, len(key) + 1)}
    assert set(paths(scan(source))) == wanted


def paths(place: Node, above: Key = ()) -> Iterator[Key]:
    """Yield the path of each place below one."""
    for step, below in place.below.items():
        yield (*above, step)
        yield from paths(below, (*above, step))


FRAGMENTS = [*"\"'\\.=[]{}#\n ,a1", '"""', "'''", '""', "''", '= """', "\n[a]\n", "\nb = 1\n"]


def ends_of_statements(source: str) -> list[tuple[int, dict[str, Any]]]:
    """Return after how many lines a document may end, and what it then says: tomllib's own word."""
    lines = source.split("\n")
    found = []
    for number in range(len(lines) + 1):
        with suppress(ValueError):
            found.append((number, tomllib.loads("\n".join(lines[:number]))))
    return found


def leaves(table: dict[str, Any], above: Key = ()) -> Iterator[Key]:
    for name, value in table.items():
        key = (*above, *name.split("."))
        yield key
        if isinstance(value, dict):
            yield from leaves(value, key)


@given(
    documents(), st.lists(st.tuples(st.integers(0, 200), st.sampled_from(FRAGMENTS)), max_size=3)
)
def test_whatever_tomllib_takes_has_each_key_at_the_line_where_its_statement_begins(
    drawn: tuple[str, dict[Key, int]], inserted: list[tuple[int, str]]
) -> None:
    source, _ = drawn
    for at, fragment in inserted:
        source = source[:at] + fragment + source[at:]
    try:
        found = read_toml(source)
    except tomllib.TOMLDecodeError:
        return
    seen: set[Key] = set()
    for (before, _), (_, values) in pairwise(ends_of_statements(source)):
        new = set(leaves(values)) - seen
        assert {key: found.line_of(key) for key in new} == dict.fromkeys(new, before + 1)
        seen |= new


# --- large documents

HOSTILE: dict[str, Callable[[int], str]] = {
    "a key without an end": lambda size: "a" * size,
    "a key of quotes": lambda size: '""' * size,
    "dots": lambda size: "a." * size,
    "blanks": lambda size: "a" + " " * size,
    "a header without an end": lambda size: "[" + "a" * size,
    "a header of quotes": lambda size: "['" + "''" * size,
    "a text without an end": lambda size: 'a = """' + '\\"' * size,
    "a literal without an end": lambda size: "a = '''" + "x" * size,
    "brackets": lambda size: "a = " + "[" * size,
}


@each("name", HOSTILE)
def test_no_text_makes_the_scanner_try_again_and_again(name: str) -> None:
    assert len(scan(HOSTILE[name](50_000)).below) <= 1


def test_a_key_of_hundreds_of_steps_has_its_line() -> None:
    found = read_toml("x = 1\n" + ".".join("a" * 200) + " = 1\n")
    assert found.line_of(("a",) * 200) == 2


class Counting(str):
    """A text that counts how many of its characters were searched for line ends."""

    __slots__ = ("searched",)

    def count(
        self,
        wanted: str,
        start: SupportsIndex | None = 0,
        end: SupportsIndex | None = None,
        /,
    ) -> int:
        stop = len(self) if end is None else int(end)
        self.searched = getattr(self, "searched", 0) + stop - int(start or 0)
        return super().count(wanted, start, end)


def large(size: int) -> str:
    one = '[table-{0}]\n# [no]\nkey-{0} = "a # b"\nlist = [\n  "]",\n]\ntext = """\n[no]\n"""\n'
    return "".join(one.format(number) for number in range(size // len(one)))


def test_a_megabyte_is_searched_for_line_ends_once() -> None:
    for size in (500_000, 1_000_000):
        source = Counting(large(size))
        assert len(source) >= size
        found = scan(source)
        assert 0 < source.searched <= len(source)
        assert len(found.below) == source.count("[table-")


@each(
    "value",
    [
        '"""' + "x\n" * 500_000 + '"""',
        "'''" + "x\n" * 500_000 + "'''",
        '"' + "x" * 1_000_000 + '"',
        "[\n" + '"x", # y\n' * 100_000 + "]",
        "# " + "x" * 1_000_000,
    ],
)
def test_a_megabyte_in_one_value_is_read(value: str) -> None:
    source = f"{value}\nmark = 1" if value.startswith("#") else f"a = {value}\nmark = 1"
    assert marked(source) == source.count("\n") + 1
