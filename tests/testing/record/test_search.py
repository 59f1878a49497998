"""No secret gets into a file, wherever it stands and however it is encoded."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from smsbridge.testing.fixture.write import write_fixture
from smsbridge.testing.record.search import find_leaks


def _base64_after(before: int, one: str) -> str:
    return base64.b64encode(b"user:"[:before] + one.encode() + b":x").decode()


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "url": lambda one: quote(one, safe=""),
    "form": quote_plus,
    "url, lower case": lambda one: quote(one, safe="").lower(),
    "url of every byte": lambda one: "".join(f"%{byte:02X}" for byte in one.encode()),
    "json": lambda one: json.dumps(one)[1:-1],
    "json of every character": lambda one: "".join(f"\\u{ord(char):04x}" for char in one),
    "xml": escape,
    "xml of every character": lambda one: "".join(f"&#{ord(char)};" for char in one),
    "hex": lambda one: one.encode().hex(),
    "HEX": lambda one: one.encode().hex().upper(),
    **{f"base64 after {before} bytes": partial(_base64_after, before) for before in range(3)},
    "base64 of URLs": lambda one: base64.urlsafe_b64encode(one.encode()).decode().rstrip("="),
    "base64 of gzip": lambda one: base64.b64encode(gzip.compress(one.encode())).decode(),
    "base64 of zlib in a path": lambda one: (
        "/v1/" + base64.b64encode(zlib.compress(one.encode())).decode()
    ),
    "base64 of UTF-16": lambda one: base64.b64encode(one.encode("utf-16-le")).decode(),
    "base32": lambda one: base64.b32encode(one.encode()).decode(),
    "quoted-printable": lambda one: "".join(f"={byte:02X}" for byte in one.encode()),
    "hex in pairs": lambda one: one.encode().hex(":"),
    "escaped as JavaScript did": lambda one: "".join(f"%u{ord(char):04x}" for char in one),
    "broken into lines": lambda one: "\n ".join([one[:3], one[3:]]),
}
PLACES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "path": lambda one: {"path": f"/v1/{one}/send"},
    "query": lambda one: {"query": {"q": one}},
    "header": lambda one: {"headers": {"x-own": f"Own {one}"}},
    "form": lambda one: {"form": {"note": f"before{one}after"}},
    "json": lambda one: {"json": {"a": [{"b": [one]}]}},
    "key": lambda one: {"json": {one: 1}},
    "lines": lambda one: {"text": f"first\n{one}\nlast\n"},
    "soap": lambda one: {"soap": {"operation": "Send", "args": {"a": {"b": one}}}},
}
SECRET = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), max_codepoint=0x24F),
    min_size=6,
    max_size=24,
).filter(lambda one: one.isascii() or one.casefold().upper().casefold() == one.casefold())


@given(SECRET, st.sampled_from(sorted(ENCODINGS)), st.sampled_from(sorted(PLACES)))
def test_a_secret_is_found_in_every_encoding_and_place(
    secret: str, encoding: str, place: str
) -> None:
    request = PLACES[place](ENCODINGS[encoding](secret))
    document = {"id": "a/b", "interactions": [{"id": "one", "request": request}]}
    leaks = find_leaks(write_fixture(document), document, {"api_key": secret})
    assert leaks
    assert {leak.name for leak in leaks} == {"api_key"}
    assert all(secret not in str(leak) for leak in leaks)


@given(SECRET, st.lists(st.sampled_from(sorted(ENCODINGS)), min_size=2, max_size=2))
def test_a_secret_that_was_encoded_twice_is_found(secret: str, twice: list[str]) -> None:
    hidden = secret
    for encoding in twice:
        hidden = ENCODINGS[encoding](hidden)
    base = {"base64", "upper"}  # what base64 says is lost in another case
    if twice[1] in ("upper", "url, lower case") and twice[0].partition(" ")[0] in base:
        return
    if twice[1] == "url, lower case" and twice[0].startswith("base64 of"):
        return
    document = {"id": "a/b", "title": f"x {hidden}"}
    assert find_leaks(write_fixture(document), document, {"api_key": secret})


def test_a_secret_that_was_encoded_twice_is_found_in_a_long_page() -> None:
    hidden = quote(base64.b64encode(b"x?>?s3cr3t-value-9").decode(), safe="").replace("c", "%63")
    page = " ".join([*(f"word{number}abc" for number in range(900)), hidden])
    assert find_leaks("", {"text": page}, {"key": "s3cr3t-value-9"})


def test_a_text_that_may_mean_more_than_can_be_searched_is_refused() -> None:
    (leak,) = find_leaks("", {"text": "a " * 17_000_000}, {"key": "s3cr3t-value-9"})
    assert str(leak) == "text: it holds more than can be searched"


def test_a_number_is_found_in_the_digits_of_every_script() -> None:
    for said in ("\uff11\uff15\uff11\uff11\uff12\uff13", "\u0661\u0665\u0661\u0661\u0662\u0663"):
        assert find_leaks(said, {}, {"a phone number (1)": "151123"})


def test_the_place_is_named_and_the_value_is_not() -> None:
    document = {"interactions": [{"response": {"json": {"echo": "s3cr3t-value"}}}]}
    leaks = find_leaks("", document, {"password": "s3cr3t-value"})
    assert [str(one) for one in leaks] == ["interactions[0].response.json.echo: it holds password"]


def test_a_secret_in_the_name_of_a_field_is_not_shown_as_the_place() -> None:
    document = {"json": {"s3cr3t-value-9": {"a": "s3cr3t-value-9"}}}
    found = "\n".join(map(str, find_leaks("", document, {"key": "s3cr3t-value-9"})))
    assert "json, key 1: it holds key" in found
    assert "s3cr3t" not in found


@given(st.text(max_size=200))
def test_a_file_without_a_secret_has_none(text: str) -> None:
    document = {"title": text}
    assert find_leaks(text, document, {"api_key": "7f-Q!zz81Lm-0pq"}) == []
