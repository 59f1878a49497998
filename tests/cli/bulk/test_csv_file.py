"""A CSV is checked whole: what is wrong is told by its line, and shows no number and no text."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from smsbridge.cli.bulk.csv_file import BadSheet, Sheet
from smsbridge.cli.bulk.layout import Layout
from smsbridge.message import Channel
from smsbridge.text.phone import e164

from support.each import each

SMS = frozenset({Channel.SMS})
HEADER = "recipient,text\n"
REFERRED = "recipient,text,reference\n"
NUMBER = "+12025550177"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.csv"


def checked(path: Path, content: str | bytes) -> Sheet:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Sheet.read(path, SMS)


def said(path: Path, content: str | bytes) -> str:
    with pytest.raises(BadSheet) as caught:
        checked(path, content)
    return str(caught.value)


def test_each_row_is_a_message_with_its_index(path: Path) -> None:
    content = REFERRED + f'{NUMBER},Hello,r-1\n+12025550124,"a ""b"",\nc",r-2\n'
    sheet = checked(path, content)
    assert (sheet.rows, sheet.sha256) == (2, hashlib.sha256(content.encode()).hexdigest())
    found = [(index, m.recipient, m.text, m.reference) for index, m in sheet.messages()]
    assert found == [
        (0, NUMBER, "Hello", "r-1"),
        (1, "+12025550124", 'a "b",\nc', "r-2"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        f"recipient,text\r\n{NUMBER},Hé\r\n",
        f"\ufeffrecipient,text\n{NUMBER},Hé",
        f"text,recipient\n\nHé,{NUMBER}\n\n",
        f"reference,text,recipient\n,Hé,{NUMBER}\n",
        f'"text","recipient"\n"Hé","{NUMBER}"\n',
        f"Recipient,TEXT\n{NUMBER},Hé\n,\n , \n",
        f"recipient,text\r\n{NUMBER},Hé\r\n".encode("utf-16"),
    ],
    ids=["crlf", "bom", "order and blank lines", "no reference", "quoted", "case", "utf-16"],
)
def test_a_csv_may_be_written_in_these_ways(path: Path, content: str | bytes) -> None:
    ((_, message),) = checked(path, content).messages()
    assert (message.recipient, message.text) == (NUMBER, "Hé")


def test_a_made_reference_is_the_same_each_time_and_another_for_each_row(path: Path) -> None:
    content = HEADER + f"{NUMBER},one\n{NUMBER},one\n"
    first, second = ([m.reference for _, m in checked(path, content).messages()] for _ in "ab")
    assert first == second
    assert len(set(first)) == 2
    assert {len(reference) for reference in first} == {32}
    other = [m.reference for _, m in checked(path, content + f"{NUMBER},two\n").messages()]
    assert set(other) & set(first) == set()


def test_all_messages_go_by_the_channel_that_was_asked_for(path: Path) -> None:
    path.write_text(HEADER + f"{NUMBER},Hello\n")
    ((_, message),) = Sheet.read(path, frozenset({Channel.WHATSAPP})).messages()
    assert message.channels == {Channel.WHATSAPP}


def test_numbers_may_be_written_as_they_are_dialled(path: Path) -> None:
    path.write_text(HEADER + "07700 900123,Hello\n")
    sheet = Sheet.read(path, SMS, lambda given: e164(given, "GB"))
    assert [m.recipient for _, m in sheet.messages()] == ["+447700900123"]
    path.write_text(HEADER + "12,Hello\n")
    with pytest.raises(BadSheet, match="line 2"):
        Sheet.read(path, SMS, lambda given: e164(given, "GB"))


EXPORT = (
    f'Name;Telefon;Nachricht\r\nMüller;{NUMBER};"Grüße; 5 €"\r\n;;\r\nMeier;{NUMBER};Hé\r\n'
).encode("cp1252")
GERMAN = Layout(
    delimiter=";",
    encoding="windows-1252",
    columns={"recipient": "telefon", "text": "Nachricht"},
)


def test_an_export_is_read_by_its_layout(path: Path) -> None:
    path.write_bytes(EXPORT)
    sheet = Sheet.read(path, SMS, layout=GERMAN)
    assert (sheet.rows, sheet.left_out) == (2, ("Name",))
    assert [(index, message.text) for index, message in sheet.messages()] == [
        (0, "Grüße; 5 €"),
        (1, "Hé"),
    ]
    assert [line for line, _ in sheet.lines()] == [2, 4]


def test_what_is_wrong_in_an_export_is_told_by_its_line(path: Path) -> None:
    path.write_bytes(EXPORT + b"Maier;;Hallo\r\nMair;1;2;3\r\n")
    with pytest.raises(BadSheet) as caught:
        Sheet.read(path, SMS, layout=GERMAN)
    told = str(caught.value)
    assert "line 5: recipient" in told
    assert "line 6: it has 4 fields, but the header has 3" in told


@each(
    ("given", "hint"),
    [
        ("0170 1234567", "default_region"),
        ("020-2555 0124", "default_region"),
        ("4,47701E+11", "spreadsheet"),
        ("4.47701E+11", "spreadsheet"),
        ("Alice", ""),
        ("12", ""),
        ("+1", ""),
    ],
)
def test_a_number_that_is_none_says_what_may_help(tmp_path: Path, given: str, hint: str) -> None:
    told = said(tmp_path / "a.csv", HEADER + f'"{given}",Hello\n' * 3)
    last = told.splitlines()[-1]
    assert [word for word in ("default_region", "spreadsheet") if word in told] == [hint][
        : len(hint)
    ]
    assert (hint in last, told.count("line ")) == (True, 3)


def test_where_there_is_a_region_nobody_is_told_to_give_one(path: Path) -> None:
    path.write_text(HEADER + "0170 1,Hello\n")
    with pytest.raises(BadSheet) as caught:
        Sheet.read(path, SMS, lambda given: e164(given, "GB"))
    assert "default_region" not in str(caught.value)


WRONG: dict[str, tuple[str | bytes, list[str]]] = {
    "empty": ("", ["line 1", "empty", "recipient and text"]),
    "only a BOM": (b"\xef\xbb\xbf", ["line 1", "recipient and text"]),
    "no rows": (HEADER, ["no message"]),
    "no header": (f"{NUMBER},Hello\n", ["line 1", "names no column"]),
    "a column with a typo": (f"recipient,txt\n{NUMBER},Hello\n", ["'txt'", "did you mean 'text'"]),
    "a number as a column": (f"{NUMBER},text\n", ["line 1", "'+12•••77'", "known:"]),
    "a number that is nearly a column": ("recipient12345,text\n", ["'rec•••45'", "did you mean"]),
    "a short number as a column": ("+12345,text\n", ["line 1", "'•••'", "known:"]),
    "a number as a reference, twice": (
        REFERRED + f"{NUMBER},a,{NUMBER}\n{NUMBER},b,{NUMBER}\n",
        ["line 3", "'+12•••77'", "line 2"],
    ),
    "a number as a reference that is not printable": (
        REFERRED + f"{NUMBER},a,{NUMBER}\t\n",
        ["line 2", "reference '+12•••7\\t'"],
    ),
    "a column more": (f"recipient,text,name\n{NUMBER},Hello,Al\n", ["'name'", "known:"]),
    "semicolons": (f"recipient;text\n{NUMBER};Hello\n", ["line 1", "--delimiter ';'"]),
    "quoted semicolons": (f'"recipient";"text"\n"{NUMBER}";"Hello"\n', ["--delimiter ';'"]),
    "Excel's own first line": (f"sep=,\n{HEADER}{NUMBER},Hello\n", ["line 1", "remove this line"]),
    "what steers a terminal as a column": ("recipient,\x1b[J,text\n", ["'\ufffd[J'"]),
    "a column twice": (f"recipient,text,text\n{NUMBER},a,b\n", ["line 1", "twice"]),
    "no text column": (f"recipient,reference\n{NUMBER},r\n", ["the column text is missing"]),
    "a field more": (HEADER + f"{NUMBER},Hello, there\n", ["line 2", "3 fields", "2"]),
    "a field less": (HEADER + f"{NUMBER}\n", ["line 2", "1 fields"]),
    "no number": (HEADER + "Alice,Hello\n", ["line 2", "recipient"]),
    "a blank number": (HEADER + ",Hello\n", ["line 2", "recipient"]),
    "no text": (HEADER + f"{NUMBER},\n", ["line 2", "text is empty"]),
    "a reference that is not printable": (REFERRED + f"{NUMBER},a,r\t1\n", ["line 2", "reference"]),
    "a reference twice": (
        REFERRED + f"{NUMBER},a,r-1\n{NUMBER},b,r-2\n{NUMBER},c,r-1\n",
        ["line 4", "'r-1'", "line 2"],
    ),
    "NUL": (HEADER + f"{NUMBER},a\n{NUMBER},b\0\n", ["line 3", "NUL"]),
    "UTF-16 without a mark": ((HEADER + f"{NUMBER},a\n").encode("utf-16-le"), ["line 1"]),
    "Latin-1": (
        (HEADER + f"{NUMBER},a\n{NUMBER},Hé\n").encode("latin-1"),
        ["line 3", "UTF-8", "--encoding"],
    ),
    "a quote that never closes": (HEADER + f'{NUMBER},"Hello\nthere\n', ["line 2", "never closed"]),
    "text after a quote": (HEADER + f'{NUMBER},"Hello" you\n', ["line 2", "closing quote"]),
    "a lone CR": (HEADER + f"{NUMBER},Hello\rthere\n", ["line 2", "carriage return"]),
    "a long field": (HEADER + f'{NUMBER},"' + "Hello\n" * 30_000, ["line 2", "too long"]),
    "a long line": (HEADER + "x" * 2_000_000, ["line 2", "1 MiB"]),
}


@pytest.mark.parametrize(("content", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told(path: Path, content: str | bytes, says: list[str]) -> None:
    told = said(path, content)
    assert [word for word in [*says, str(path)] if word not in told] == []
    assert [word for word in (NUMBER, NUMBER[1:], "12345", "Hello", "Alice") if word in told] == []


def test_a_line_is_where_its_record_begins_in_the_file(path: Path) -> None:
    told = said(path, HEADER + f'{NUMBER},"one\ntwo\r\nthree"\n\n{NUMBER},\n{NUMBER},"a\nb"\n,c\n')
    assert [line.split(":")[0].strip() for line in told.splitlines()[1:]] == ["line 6", "line 9"]


def test_of_many_wrong_rows_the_first_twenty_are_told(path: Path) -> None:
    told = said(path, HEADER + f"{NUMBER},\n" * 25)
    assert told.count("line ") == 20
    assert told.endswith("and 5 more")
    assert "more" not in said(path, HEADER + f"{NUMBER},\n" * 20)


def test_a_file_that_cannot_be_read_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSheet, match=r"^can't read .*none\.csv: No such file"):
        Sheet.read(tmp_path / "none.csv", SMS)
    with pytest.raises(BadSheet, match=r"^can't read .*: Is a directory"):
        Sheet.read(tmp_path, SMS)
    with pytest.raises(BadSheet, match="not a regular file"):
        Sheet.read(Path(os.devnull), SMS)


@pytest.mark.parametrize(
    "after",
    [HEADER + f"{NUMBER},one\n{NUMBER},other\n", HEADER, "", HEADER + f"{NUMBER},one\n\0"],
    ids=["another text", "no rows", "empty", "NUL"],
)
def test_a_file_that_changes_after_the_check_is_not_read_on(path: Path, after: str) -> None:
    sheet = checked(path, HEADER + f"{NUMBER},one\n{NUMBER},two\n")
    path.write_text(after)
    os.utime(path, ns=(0, 0))
    with pytest.raises(BadSheet, match="has changed"):
        list(sheet.messages())


@pytest.mark.full
def test_a_large_file_is_checked_in_little_memory(path: Path) -> None:
    rows = (f"+120255501{n % 100:02},Hello {n},r-{n}\n" for n in range(30_000))
    path.write_text(REFERRED + "".join(rows))
    tracemalloc.start()
    sheet = Sheet.read(path, SMS)
    assert sum(1 for _ in sheet.messages()) == sheet.rows == 30_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000
