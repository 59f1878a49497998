"""A header says which column is what; one that doesn't says how to say it."""

from __future__ import annotations

import pytest

from smsbridge.cli.bulk.csv_header import BadHeader, read_header
from smsbridge.cli.bulk.layout import Layout

from support.each import each

GERMAN = {"recipient": "Telefon", "text": "Nachricht"}


def layout(delimiter: str = ",", **columns: str) -> Layout:
    return Layout(delimiter=delimiter, columns=columns)


@each(
    ("names", "columns", "places"),
    [
        (["recipient", "text"], {}, {"recipient": 0, "text": 1}),
        ([" Recipient", "TEXT ", "Reference"], {}, {"recipient": 0, "text": 1, "reference": 2}),
        (["Name", "TELEFON", "Nachricht"], GERMAN, {"recipient": 1, "text": 2}),
        (["text", "recipient", "Telefon"], {"recipient": "Telefon"}, {"recipient": 2, "text": 0}),
        (["a", "a", "", "", "text", "Tel"], {"recipient": "Tel"}, {"recipient": 5, "text": 4}),
    ],
)
def test_a_field_stands_in_the_column_of_its_name_or_of_its_map(
    names: list[str], columns: dict[str, str], places: dict[str, int]
) -> None:
    header = read_header(names, layout(**columns))
    assert (header.places, header.width) == (places, len(names))


def test_with_a_map_columns_that_hold_no_field_are_left_out_and_named() -> None:
    header = read_header(["Name", "Telefon", "Nachricht", "", "2025550123"], layout(**GERMAN))
    assert header.left_out == ("Name", "202•••23")


@each(
    ("names", "given", "says"),
    [
        (["recipient;text"], layout(), "separated by ';': give --delimiter ';'"),
        (["Telefon;Nachricht"], layout(), "separated by ';': give --delimiter ';'"),
        (["Telefon;Nachricht"], layout(**GERMAN), "separated by ';': give --delimiter ';'"),
        (["recipient\ttext"], layout(), "separated by tab: give --delimiter tab"),
        (["recipient|text"], layout(";"), "separated by '|': give --delimiter '|'"),
        (["recipient,text"], layout("\t"), "separated by ',': give --delimiter ','"),
        (["recipient", "txt"], layout(), "unknown column 'txt'; did you mean 'text'"),
        (["recipient", "text", "Name"], layout(), "'Name'; .*--map FIELD=COLUMN"),
        (["Telefon", "Nachricht"], layout(), "--map recipient=COLUMN --map text=COLUMN"),
        (["Telefon", "Text"], layout(recipient="Telephon"), "no such column; did you mean 'Tel"),
        (["Telefon", "Nachricht"], layout(recipient="Telefon"), "column text is missing; --map te"),
        (["text", "TEXT", "Tel"], layout(recipient="Tel"), "named twice"),
        (["Tel", "tel", "text"], layout(recipient="Tel"), "named twice"),
    ],
)
def test_an_error_says_what_to_give(names: list[str], given: Layout, says: str) -> None:
    with pytest.raises(BadHeader, match=says):
        read_header(names, given)


def test_an_error_shows_no_number_that_stands_in_place_of_a_column() -> None:
    for given in (layout(), layout(recipient="Telefon")):
        with pytest.raises(BadHeader) as caught:
            read_header(["2025550123", "text"], given)
        assert "2025550123" not in str(caught.value)
