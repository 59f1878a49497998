"""``send-many --check`` says what a run would take, finds what would end it, and sends nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from smsbridge.backends.memory import MemoryBackend
from smsbridge.cli.bulk.check import add_up
from smsbridge.cli.bulk.csv_file import Sheet
from smsbridge.message import Channel
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import run
from support.each import each

pytestmark = pytest.mark.usefixtures("nowhere")

SMS = frozenset({Channel.SMS})
CSV = Path("may.csv")
LONG = "a" * 161
ROWS = [
    "+12025550123,Hello",
    f"+12025550123,{LONG}",
    "+447700900123,Hello",
    "+12025550123,Grüße ☀",
    "+12025550123,Hello",
]


def write(*rows: str) -> None:
    CSV.write_text("\n".join(["recipient,text", *rows]) + "\n", encoding="utf-8")


def config(more: str) -> None:
    Path("smsbridge.toml").write_text(f'[backends.memory]\nbackend = "memory"\n{more}')


def test_it_says_what_the_messages_take_and_sends_nothing(smsbridge_mock: Provider) -> None:
    write(*ROWS)
    done = run("send-many", str(CSV), "--check")
    assert (done.code, smsbridge_mock.requests) == (0, [])
    assert done.out == (
        "messages    5, to 2 numbers\n"
        "segments    6, up to 2 in one message; 1 not in GSM-7\n"
        "duplicates  line 6 repeats line 2\n"
        "time        no limit in the config\n"
    )
    assert done.err == "smsbridge: all can be sent; nothing was sent\n"
    assert [path.name for path in Path().iterdir()] == [CSV.name]


def test_with_an_out_it_makes_no_files(smsbridge_mock: Provider) -> None:
    write(*ROWS)
    assert run("send-many", str(CSV), "--check", "--out", "may.jsonl").code == 0
    assert [path.name for path in Path().iterdir()] == [CSV.name]


@each(("rate", "says"), [("2", "0:00:03 at least, at 2 a second"), ("0.01", "0:08:20 at least")])
def test_a_limit_says_how_long_it_takes_at_least(nowhere: Path, rate: str, says: str) -> None:
    write(*ROWS)
    config(f"limit = {{ per_second = {rate} }}\n")
    assert f"time        {says}" in run("send-many", str(CSV), "--check", "--backend", "memory").out


def test_of_many_duplicates_the_first_are_named() -> None:
    write(*["+12025550123,Hello"] * 25)
    totals = add_up(MemoryBackend(), Sheet.read(CSV, SMS))
    assert (totals.repeats, len(totals.twice), totals.twice[-1]) == (24, 20, (22, 2))
    assert (
        "line 22 repeats line 2, and 4 more"
        in run("send-many", str(CSV), "--check", "--url", "memory://").out
    )


def test_a_message_that_the_backend_cannot_carry_is_told_by_its_line(
    smsbridge_mock: Provider,
) -> None:
    write(*ROWS)
    url = sample_url("soap", smsbridge_mock.address)
    done = run("send-many", str(CSV), "--check", "--whatsapp", "--url", url)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert "may.csv: nothing was sent\n  line 2: " in done.err
    assert "rest and oauth" in done.err
    assert "Hello" not in done.err


def test_a_sender_is_a_column_and_one_that_the_backend_cannot_carry_is_told_before_all(
    smsbridge_mock: Provider, nowhere: Path
) -> None:
    CSV.write_text("recipient,text,Sender\n+12025550123,Hello,\n+12025550124,Hello, shop \n")
    url = sample_url("rest", smsbridge_mock.address)
    done = run("send-many", str(CSV), "--out", "out.jsonl", "--url", url)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert "may.csv: nothing was sent\n  line 3: smsmobileapi over rest can't carry sender" in (
        done.err
    )
    (nowhere / "smsbridge.toml").write_text('[backends.log]\nbackend = "console"\n')
    done = run("send-many", str(CSV), "--out", "out.jsonl", "--backend", "log")
    assert (done.code, done.err.splitlines()[-1]) == (0, "accepted 2")
    assert "to +12025550124 by sms from shop: Hello" in done.err.splitlines()
    checked = run("send-many", str(CSV), "--check", "--backend", "log")
    assert checked.err == "smsbridge: all can be sent; nothing was sent\n"


def test_a_file_that_cannot_be_sent_exits_2() -> None:
    write("+12025550123,Hello", "Alice,Hello")
    done = run("send-many", str(CSV), "--check", "--url", "memory://")
    assert (done.code, done.out) == (2, "")
    assert "line 3: recipient" in done.err


NATIONAL = """
[backends.old]
backend = "rest"
url = "https://sms.example"

[backends.old.send]
route = "POST /send"
fields = { to = "{recipient|national}", text = "{text}" }
accepted = { when = { state = "ok" }, id = "id" }
"""


@each(
    ("library", "extra", "more", "row"),
    [
        ("pyrate_limiter", "limit", "limit = { per_second = 5 }", "+12025550123,Hello"),
        ("phonenumbers", "phone", 'default_region = "GB"', "07700 900123,Hello"),
    ],
)
def test_an_extra_that_is_missing_is_found_before_the_first_message(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, library: str, extra: str, more: str, row: str
) -> None:
    write(row)
    config(more)
    monkeypatch.setitem(sys.modules, library, None)
    done = run("send-many", str(CSV), "--out", "may.jsonl", "--backend", "memory")
    assert (done.code, done.out) == (2, "")
    assert f"'.[{extra}]'" in done.err
    assert not Path("may.jsonl.intents").exists()


def test_an_extra_that_a_table_needs_is_found_before_the_first_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(ROWS[0])
    Path("smsbridge.toml").write_text(NATIONAL)
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    done = run("send-many", str(CSV), "--out", "may.jsonl", "--backend", "old")
    assert (done.code, done.out) == (2, "")
    assert "'.[phone]'" in done.err
    assert not Path("may.jsonl.intents").exists()
