"""A body word by word: its syntax stays, each name and value goes through the rule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smsbridge.text.transcript import FORM, MOST_SHOWN, transcribe

from support.each import each


class Shouting:
    """Shows a name in capitals, and of a value its name and its length."""

    def name(self, word: str) -> str:
        return word.upper()

    def value(self, name: str, word: str) -> str:
        return f"<{name}:{len(word)}>"


class Silent:
    """Shows no word at all."""

    def name(self, _: str) -> str:
        return ""

    def value(self, _: str, __: str) -> str:
        return ""


@each(
    ("body", "kind", "shown"),
    [
        ('{"a": "x\\u0041", "b": [1, true, null]}', "", '{"A": "<a:2>", "B": [<b:1>, true, null]}'),
        ('{"a": {"b": "x"}}', "", '{"A": {"B": "<b:1>"}}'),
        ('["x", 12]', "", '["<:1>", <:2>]'),
        ('{"a": "x', "", '{"A": "<a:1>"'),
        ('{"a": nonsense}', "", '{"A": <a:8>}'),
        ("<a><n:b c='d'>x&amp;y</n:b></a>", "", "<A><N:B C='<c:1>'><b:3></N:B></A>"),
        ("<a><![CDATA[x]]></a>", "", "<A><![CDATA[<a:1>]]></A>"),
        ("<a><!-- x --></a>", "", "<A><:10></A>"),
        ("<?xml version='1.0'?><a> x\n</a>", "", "<?xml version='1.0'?><A> <a:1>\n</A>"),
        ("<a b=c>x", "", "<:7><:1>"),
        ("a=x%20y&b=&c", FORM, "A=<a:3>&B=&<:1>"),
        ("x y", "text/plain", "<:3>"),
        ("", "", ""),
    ],
)
def test_syntax_stays_and_words_go_through_the_rule(body: str, kind: str, shown: str) -> None:
    assert transcribe(body.encode(), kind, Shouting()) == shown


@each(
    ("body", "shown"),
    [
        ("ü".encode("utf-16"), "(4 bytes that are not text)"),
        ("ü".encode("latin-1"), "(1 bytes that are not text)"),
        (b"a\0b", "(3 bytes that are not text)"),
    ],
)
def test_what_is_no_text_is_not_shown(body: bytes, shown: str) -> None:
    assert transcribe(body, "", Shouting()) == shown


def test_a_charset_that_is_named_is_read() -> None:
    assert transcribe("ü".encode("latin-1"), "text/plain; charset=ISO-8859-1", Shouting()) == "<:1>"


@given(st.text(alphabet='x<>"{}[]&=:,/!-\\ \t', max_size=200), st.sampled_from(["", FORM]))
def test_no_word_gets_past_the_rule(text: str, kind: str) -> None:
    assert "x" not in transcribe(text.encode(), kind, Silent())


def test_a_long_one_is_cut_and_says_so() -> None:
    body = b'{"a": "' + b"x " * 10_000 + b'"}'
    assert transcribe(body, "", Shouting()).endswith("… (20009 bytes in all)")
    assert len(transcribe(b"<a>" + b"<b/>" * 10_000, "", Shouting())) < MOST_SHOWN + 40


def test_a_long_one_is_shown_as_far_as_is_asked_for() -> None:
    body = b"<a>" + b"<b/>" * 10_000
    assert transcribe(body, "", Shouting(), most=len(body)) == body.decode().upper()
    assert transcribe(body, "", Shouting(), most=7) == "<A><B/>… (40003 bytes in all)"
