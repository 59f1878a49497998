"""Texts and keys are written as TOML reads them."""

from __future__ import annotations

import tomllib

from smsbridge.text.toml_quotes import toml_key, toml_text

from support.each import each


@each(
    ("key", "text"),
    [
        (("send", "fields", "request.body"), 'send.fields."request.body"'),
        (("send", "headers", "X-Api-Key"), "send.headers.X-Api-Key"),
        (("rejected", "a[0]", ""), 'rejected."a[0]".""'),
        (("a", 'b"c\n'), 'a."b\\"c\\n"'),
    ],
)
def test_a_key_has_quotes_where_toml_needs_them(key: tuple[str, ...], text: str) -> None:
    assert toml_key(key) == text


@each("text", ["", "Hello", 'a "b" \\ c', "\x00\n\x1f\x7f", "é \u2028 😀"])
def test_a_text_is_read_by_toml_as_it_was(text: str) -> None:
    assert tomllib.loads(f"a = {toml_text(text)}") == {"a": text}
