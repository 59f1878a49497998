"""JSON from outside: its encoding, its depth, and what no two readers would agree on."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.text.json_document import MOST_DEPTH, BadJSON, read_json

from support.each import each

SAID = {"id": "é 😀", "list": [1, 1.5, True, None]}
WORDS = json.dumps(SAID, ensure_ascii=False)
OPENINGS = {"[": "]", '{"a":': "}", '[{"a":': "}]"}


def why(body: bytes | str, content_type: str = "") -> str:
    with pytest.raises(BadJSON) as refused:
        read_json(body, content_type)
    assert "canary" not in str(refused.value)
    return str(refused.value)


@each("kind", ["", "application/json", "application/json; charset=utf-7"])
@each("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_utf_8_or_a_byte_order_mark_needs_no_label(codec: str, kind: str) -> None:
    assert read_json(WORDS.encode(codec), kind) == SAID


@each(
    ("charset", "codec"),
    [
        ("iso-8859-1", "latin-1"),
        ("ISO-8859-1", "utf-8"),
        ("windows-1252", "cp1252"),
        ("utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("UTF-16BE", "utf-16-be"),
        ("utf-32", "utf-32-le"),
    ],
)
def test_a_charset_is_heeded_where_the_bytes_fit_it(charset: str, codec: str) -> None:
    words = '{"id": "é"}'
    assert read_json(words.encode(codec), f'text/json; charset="{charset}"') == {"id": "é"}


@each(
    ("codec", "kind"),
    [
        ("latin-1", ""),
        ("latin-1", "application/json; charset=utf-8"),
        ("latin-1", "application/json; charset=us-ascii"),
        ("utf-16-le", ""),
        ("utf-16-le", "application/json; charset=utf-16be"),
        ("utf-32-be", ""),
    ],
)
def test_bytes_that_fit_no_label_are_refused(codec: str, kind: str) -> None:
    assert why('{"canary": "é"}'.encode(codec), kind).startswith("it is not JSON")


@each("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 10_000])
def test_a_number_beyond_all_numbers_is_refused(number: str) -> None:
    assert why(f'{{"canary": {number}}}').startswith("it is not JSON")


@each("body", ['{"canary": 1, "canary": 1}', '[{"a": {"b": 0, "b": 1}}]'])
def test_a_key_that_stands_twice_is_refused(body: str) -> None:
    assert why(body) == "it is not JSON, or says the same thing twice"


@each("opening", OPENINGS)
def test_a_depth_of_exactly_64_is_read_and_one_more_is_refused(opening: str) -> None:
    levels = opening.count("[") + opening.count("{")
    count = MOST_DEPTH // levels
    body = opening * count + "1" + OPENINGS[opening] * count
    read_json(body)
    assert why(f"[{body}]") == "it is not JSON that is nested at most 64 deep"
    assert read_json(f'["{"[" * 200}"]') == ["[" * 200]
    assert len(read_json(f"[{'[],' * 200}1]")) == 201


@each("opening", OPENINGS)
@each("closed", [True, False])
@each("depth", [1_000, 100_000])
def test_what_is_nested_beyond_all_stacks_is_refused(
    opening: str, depth: int, *, closed: bool
) -> None:
    body = opening * depth + ("1" + OPENINGS[opening] * depth if closed else "")
    assert why(body).startswith("it is not JSON")


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=JSON_VALUES, ascii_=st.booleans())
def test_any_json_is_read_as_it_was_written(value: Any, *, ascii_: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_)
    assert read_json(written) == value


@each(
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


def test_a_number_has_its_digits_as_text_where_nothing_is_mended() -> None:
    (number,) = read_json("[1.50e3]", mend=False)
    assert (number, str(number), read_json("[1.50e3]")) == (1500.0, "1.50e3", [1500.0])


def test_two_keys_that_become_one_are_refused() -> None:
    assert "says the same thing twice" in why(r'{"\ud83d": 1, "\udc00": 2}')


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
    except BadJSON:  # two keys became one
        return
    again = json.dumps(read, ensure_ascii=False).encode()
    assert read_json(again) == read
