"""JSON as others write it is read, or refused; what is read can be written down again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.text.json_text import read_json

WRITTEN = {"a": "é ж 😀", "b": [1, None, True, 1.5]}
LATIN = {"a": "é"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
def test_any_unicode_is_read_with_a_byte_order_mark_or_without(encoding: str) -> None:
    body = json.dumps(WRITTEN, ensure_ascii=False).encode(encoding)
    assert read_json(body) == WRITTEN
    assert read_json(body, "application/json; charset=latin-1" * (encoding != "utf-8")) == WRITTEN


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=iso-8859-1",
        'application/json;charset="ISO-8859-15"',
        "text/plain; format=flowed; Charset = windows-1252",
    ],
)
def test_a_charset_of_one_byte_is_read_where_the_content_type_says_it(content_type: str) -> None:
    body = json.dumps(LATIN, ensure_ascii=False).encode("latin-1")
    assert read_json(body, content_type) == LATIN


@pytest.mark.parametrize(
    "charset", ["utf-8", "", "utf-7", "idna", "hex", "x" * 1000, "unicode_escape"]
)
def test_any_other_charset_counts_for_nothing(charset: str) -> None:
    assert read_json(json.dumps(WRITTEN).encode(), f"a/b; charset={charset}") == WRITTEN
    with pytest.raises(ValueError, match="utf-8"):
        read_json(b'{"a": "\xe9"}', f"a/b; charset={charset}")


@pytest.mark.parametrize(
    "text", ["", "{", "nope", "NaN", "[Infinity]", '{"a": 1, "a": 2}', "{}{}", "9" * 5000]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json's own, of many texts)
        read_json(text)


def test_what_is_nested_without_end_is_refused() -> None:
    with pytest.raises(RecursionError):
        read_json("[" * 100_000)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r'"\ud83d"', "\ufffd"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'{"\uD83D": ["a\udc00", {"b": "\ud83d"}]}', {"\ufffd": ["a\ufffd", {"b": "\ufffd"}]}),
        (r'"\\ud83d"', r"\ud83d"),
        ('"\ud83d"', "\ufffd"),
    ],
)
def test_half_a_surrogate_pair_is_a_replacement_character(text: str, read: object) -> None:
    assert read_json(text) == read
    assert read_json(text, mend=False) == json.loads(text)


def test_two_keys_that_become_one_are_refused() -> None:
    with pytest.raises(ValueError, match="a key stands twice"):
        read_json(r'{"\ud83d": 1, "\udc00": 2}')


ANY = st.text(st.characters())
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    ANY | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=6,
)


@given(DOCUMENTS)
def test_what_is_read_can_be_written_in_utf_8(document: Any) -> None:
    try:
        read = read_json(json.dumps(document))
    except ValueError:  # two keys became one
        return
    again = json.dumps(read, ensure_ascii=False).encode()
    assert read_json(again) == read
