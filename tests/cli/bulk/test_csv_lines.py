"""The lines of a file come as its encoding says, and what is not of it is told by its line."""

from __future__ import annotations

import io

import pytest

from smsbridge.cli.bulk.csv_lines import CutShort, read_lines

from support.each import each

TEXT = "recipient,text\r\n+12025550177,Grüße 你好 \U0001f600\u2028\n\nlast"
WESTERN = "Name;Grüße \N{EN DASH} 5 €\r\nzwei\r\n"


def lines_of(content: bytes, encoding: str | None = None) -> list[str]:
    seen = bytearray()
    found = list(read_lines(io.BytesIO(content), encoding, seen.extend))
    assert bytes(seen) == content, "a hash of what was read is that of the file"
    return found


def why(content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(CutShort) as caught:
        lines_of(content, encoding)
    return str(caught.value)


@each(
    ("name", "encoding"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-32", None),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "UTF-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("gb18030", "gb18030"),
    ],
)
def test_a_mark_or_the_option_says_the_encoding(name: str, encoding: str | None) -> None:
    assert "".join(lines_of(TEXT.encode(name), encoding)) == TEXT


def test_a_line_ends_at_a_newline_and_nowhere_else() -> None:
    assert lines_of(TEXT.encode()) == [
        "recipient,text\r\n",
        "+12025550177,Grüße 你好 \U0001f600\u2028\n",
        "\n",
        "last",
    ]
    assert lines_of(b"") == []


def test_what_excel_writes_in_the_west_is_read_as_it_was_meant() -> None:
    assert "".join(lines_of(WESTERN.encode("cp1252"), "windows-1252")) == WESTERN


@each("size", [16_383, 16_384, 16_385, 40_000])
def test_a_character_may_lie_over_the_end_of_a_chunk(size: int) -> None:
    text = "x" * size + "é\n" + "é" * 20_000 + "\n"
    assert lines_of(text.encode()) == text.splitlines(keepends=True)


def test_what_cannot_be_decoded_says_where_what_was_tried_and_how_to_give_another() -> None:
    content = ("ok\n" * 10_000 + "abc é").encode("latin-1")
    told = why(content)
    assert told.startswith("line 10001: its character 5 is not UTF-8: ")
    assert "--encoding" in told
    assert "windows-1252" in told
    assert "its character 4 is not ascii" in why("abcé".encode(), "ascii")
    assert "is not UTF-16-LE" in why(b"\xff\xfea\0\n\0\x00\xd8")


def test_lines_before_what_cannot_be_decoded_are_read() -> None:
    lines = read_lines(io.BytesIO(b"one\ntwo\n\xff"), None, lambda _: None)
    assert [next(lines), next(lines)] == ["one\n", "two\n"]


def test_a_mark_of_another_encoding_is_refused() -> None:
    told = why(TEXT.encode("utf-8-sig"), "windows-1252")
    assert "its start says UTF-8, not windows-1252: leave --encoding out" in told


@each("encoding", ["windows-1252", "latin-1", "cp850"])
def test_utf_8_that_is_given_as_another_encoding_is_refused(encoding: str) -> None:
    assert "leave --encoding out" in why(WESTERN.encode(), encoding)
    assert lines_of(b"plain\n", encoding) == ["plain\n"]


def test_utf_16_without_a_mark_is_told() -> None:
    assert why(b"a,b\n", "utf-16").startswith("line 1: it is not UTF-16: ")
    told = why("a,b\n".encode("utf-16-le"))
    assert told.startswith("line 1: it has a NUL")
    assert "utf-16-le" in told


def test_a_line_has_an_end() -> None:
    assert "line 2: it is longer than 1 MiB" in why(b"a\n" + b"x" * 1_100_000)


def test_what_the_disk_cannot_read_is_told() -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(CutShort, match="line 1: it can't be read: Input/output error"):
        list(read_lines(Broken(), None, lambda _: None))
