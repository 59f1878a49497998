"""``smsbridge fixtures``: what it prints, and how it ends."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path

import pytest

from smsbridge.cli.fixtures import report
from smsbridge.testing.fixture.find import fixture_ids

from support.commands import one_line, run
from support.each import each
from support.fixture_texts import GOOD

pytestmark = pytest.mark.usefixtures("nowhere")

KNOWN = "smsmobileapi/send/token-expires"


def test_a_folder_without_a_mistake_exits_0_and_says_how_many(nowhere: Path) -> None:
    (nowhere / "one.yaml").write_text(GOOD)
    done = run("fixtures", "check", ".", KNOWN)
    assert (done.code, done.err) == (0, "")
    assert done.out == "2 fixtures: 0 mistakes, 0 warnings\n"


def test_a_mistake_exits_1_with_file_line_and_what_would_fit(nowhere: Path) -> None:
    (nowhere / "one.yaml").write_text(GOOD.replace("send}", "sned}"))
    done = run("fixtures", "check", "one.yaml")
    assert (done.code, done.err) == (1, "")
    first, last = done.out.splitlines()
    assert first.startswith("one.yaml:6: mistake: a: no table of smsmobileapi has the operation")
    assert "did you mean 'send'?" in first
    assert last == "1 fixture: 1 mistake, 0 warnings"


@each(
    ("today", "strict", "ends"),
    [
        (date(2027, 5, 21), True, True),
        (date(2027, 5, 22), False, True),
        (date(2027, 5, 22), True, False),
    ],
)
def test_what_is_to_be_reviewed_fails_only_where_strict_asks_for_it(
    today: date, *, strict: bool, ends: bool, nowhere: Path
) -> None:
    (nowhere / "one.yaml").write_text(GOOD)
    assert report(("one.yaml",), today, strict=strict) == ends


def test_a_warning_exits_1_only_with_strict(nowhere: Path) -> None:
    (nowhere / "one.yaml").write_text(GOOD.replace("smsmobileapi", "nocorp"))
    loose, strict = run("fixtures", "check", "."), run("fixtures", "check", ".", "--strict")
    assert (loose.code, strict.code) == (0, 1)
    assert loose.out == strict.out
    assert "one.yaml:1: warning: id: whether nocorp can play it was not checked:" in loose.out


def test_the_list_has_those_of_installed_backends_too() -> None:
    everything, acme = run("fixtures", "list"), run("fixtures", "list", "acme")
    assert [line.split()[0] for line in everything.out.splitlines()[1:]] == fixture_ids()
    assert [line.split()[0] for line in acme.out.splitlines()[1:]] == fixture_ids("acme/")


def test_show_prints_where_a_fixture_is_from_and_what_is_sent() -> None:
    done = run("fixtures", "show", KNOWN)
    assert done.code == 0
    for line in (KNOWN, "protocols   oauth", "sent        POST /oauth2/token"):
        assert line in done.out.splitlines()


def test_curl_prints_a_command_for_each_interaction_without_a_credential() -> None:
    done = run("fixtures", "curl", KNOWN)
    assert done.code == 0
    names = [line for line in done.out.splitlines() if line.startswith("#")]
    assert names == ["# token", "# refused", "# accepted"]
    assert '"Authorization: Bearer $SMS_TOKEN"' in done.out
    assert "made-up" not in done.out


def test_curl_prints_one_interaction_alone_as_one_command() -> None:
    options = ("--interaction", "token", "--to", "https://mock.example")
    words = shlex.split(run("fixtures", "curl", KNOWN, *options).out)
    assert words[:2] == ["curl", "https://mock.example/oauth2/token"]
    assert "client_secret=$SMS_CLIENT_SECRET" in words


def test_curl_asks_as_a_client_of_a_protocol_asks() -> None:
    done = run("fixtures", "curl", "smsmobileapi/send/moved", "--protocol", "soap")
    assert "SOAPAction" in done.out


@each(
    ("words", "says"),
    [
        (["show", "smsmobileapi/send/token-expire"], f"did you mean '{KNOWN}'"),
        (["check", "smsmobileapi/sned"], "there is no fixture 'smsmobileapi/sned'"),
        (["list", "nocorp"], "there is no fixture 'nocorp'"),
        (["curl", KNOWN, "--interaction", "tokn"], "no interaction 'tokn'; did you mean 'token'?"),
        (["curl", KNOWN, "--protocol", "saop"], "no protocol 'saop'; did you mean 'soap'?"),
    ],
)
def test_what_is_not_there_exits_2_and_says_what_is(words: list[str], says: str) -> None:
    done = run("fixtures", *words)
    assert done.code == 2
    assert one_line(done.err)
    assert says in done.err
