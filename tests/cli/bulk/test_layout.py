"""What the options of a CSV take, and which layouts read a file alike."""

from __future__ import annotations

import click
import pytest

from smsbridge.cli.bulk.layout import Layout, plain, take_delimiter, take_encoding, take_map

from support.each import each

CONTEXT = click.Context(click.Command("send-many"))
OPTION = click.Option(["--option"])


@each(("given", "sign"), [(";", ";"), ("|", "|"), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t")])
def test_a_delimiter_is_one_sign_or_tab(given: str, sign: str) -> None:
    assert take_delimiter(CONTEXT, OPTION, given) == sign


@each("given", ["", ";;", "a", "0", "+", '"', "\n", " ", "\0", "é"])
def test_what_stands_in_numbers_and_texts_is_no_delimiter(given: str) -> None:
    with pytest.raises(click.BadParameter, match="tab"):
        take_delimiter(CONTEXT, OPTION, given)


@each("given", ["utf-8", "windows-1252", "UTF-16", "latin-1", None])
def test_an_encoding_is_one_that_python_knows(given: str | None) -> None:
    assert take_encoding(CONTEXT, OPTION, given) == given


@each("given", ["", "ansi of excel", "base64", "rot13", "a\0b", "é"])
def test_what_is_no_encoding_of_text_is_refused(given: str) -> None:
    with pytest.raises(click.BadParameter, match="windows-1252"):
        take_encoding(CONTEXT, OPTION, given)


def test_a_map_is_a_column_for_each_field() -> None:
    given = ("recipient=Telefon (mobil)", "text=a=b")
    assert take_map(CONTEXT, OPTION, given) == {"recipient": "Telefon (mobil)", "text": "a=b"}


@each(
    ("given", "says"),
    [
        (["recipent=Telefon"], "did you mean 'recipient'"),
        (["from=Von"], "known: recipient, reference, sender, text"),
        (["text"], "give text=COLUMN"),
        (["text= "], "give text=COLUMN"),
        (["text=A", "text=B"], "text is given twice"),
        (["text=A", "recipient= a"], "holds another field"),
    ],
)
def test_a_map_that_says_nothing_clear_is_refused(given: list[str], says: str) -> None:
    with pytest.raises(click.BadParameter, match=says):
        take_map(CONTEXT, OPTION, given)


def test_layouts_that_read_a_file_alike_have_the_same_words() -> None:
    assert Layout().words() == Layout(encoding="UTF8", delimiter=",").words() == {}
    one = Layout(encoding="windows-1252", delimiter=";", columns={"text": "A", "recipient": "B"})
    other = Layout(encoding="CP1252", delimiter=";", columns={"recipient": "b ", "text": "a"})
    assert one.words() == other.words()
    assert one.words() != Layout(encoding="cp1252", delimiter=";").words()


def test_a_name_is_compared_without_case_and_blanks_around_it() -> None:
    assert plain(" STRASSE\u00a0") == plain("Straße") == "strasse"
