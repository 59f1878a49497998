"""Bytes from outside as text: what decides which encoding they are in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.text.encodings import ENCODINGS, Undecodable, decode, first_characters

from support.each import each

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"))


@given(TEXT, st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]), st.sampled_from(sorted(ENCODINGS)))
def test_a_byte_order_mark_decides_whatever_the_label(text: str, codec: str, label: str) -> None:
    body = text.encode(codec)
    assert decode(body, [label])[0] == text


@given(TEXT, st.sampled_from(sorted(ENCODINGS)))
def test_a_text_with_an_emoji_in_utf_8_is_read_whatever_its_label(text: str, label: str) -> None:
    body = f"<{text}😀".encode()
    assert decode(body, [label]) == (f"<{text}😀", "utf-8")


@given(st.binary(max_size=40), st.lists(st.sampled_from(sorted(ENCODINGS)), max_size=2))
def test_any_bytes_are_a_text_or_refused(body: bytes, labels: list[str]) -> None:
    try:
        text, encoding = decode(body, labels)
    except Undecodable:
        return
    assert isinstance(text, str)
    assert encoding


@each("label", sorted(ENCODINGS))
def test_ascii_is_ascii_in_each_encoding_that_is_taken(label: str) -> None:
    ascii_ = "".join(map(chr, range(1, 128)))
    encoding = ENCODINGS[label]
    read = decode(f"<{ascii_}".encode(encoding), [label])[0]
    assert read == f"<{ascii_}"


def test_the_first_label_that_the_bytes_fit_is_taken() -> None:
    body = "Привет".encode("cp1251")
    assert decode(body, ["us-ascii", "windows-1251", "iso-8859-1"]) == ("Привет", "cp1251")
    with pytest.raises(Undecodable):
        decode(body, ["us-ascii"])
    with pytest.raises(Undecodable):
        decode(body, [])


@each("codec", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32-le", "latin-1"])
def test_the_beginning_of_a_body_is_read_before_its_encoding_is_known(codec: str) -> None:
    assert first_characters("<?xml é ?>".encode(codec), 5) == "<?xml"
