"""``smsbridge sent``: the log to its end, or to a limit, by each filter."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from smsbridge import Status
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.history import PAGE
from smsbridge.testing.mock.provider import Provider

from support.commands import SECONDS, SMSBRIDGE, one_line, run
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

OTHER = "+447700900142"
MANY = 2 * PAGE + 5


def filled(provider: Provider, count: int) -> list[str]:
    """Give a provider's log so many messages, and return their ids, newest first."""
    for number in range(count):
        provider.history.take(f"id-{number:03}", NUMBER, f"Hello {number}", None)
    return [entry.id for entry in reversed(provider.history.sent)]


def asked(provider: Provider) -> dict[str, str]:
    """Return what the one request to the log asked for, without the key."""
    given = dict(parse_qsl(provider.requests[0].query))
    return {name: value for name, value in given.items() if name != "apikey"}


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_it_pages_through_the_log_and_ends(smsbridge_mock: Provider, protocol: str) -> None:
    ids = filled(smsbridge_mock, MANY)
    done = run("sent", "--json", "--url", sample_url(protocol, smsbridge_mock.address))
    assert (done.code, done.err) == (0, "")
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ids
    pages = [request for request in smsbridge_mock.requests if "/log/" in request.path]
    assert len(pages) == 4  # the last is empty


@pytest.mark.parametrize(("limit", "pages"), [(1, 1), (PAGE, 1), (PAGE + 1, 2)])
def test_a_limit_stops_early(smsbridge_mock: Provider, limit: int, pages: int) -> None:
    ids = filled(smsbridge_mock, MANY)
    done = run("sent", "--limit", str(limit), "--json")
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ids[:limit]
    assert len(smsbridge_mock.requests) == pages


def test_the_table_has_a_line_for_each_message(smsbridge_mock: Provider) -> None:
    filled(smsbridge_mock, 3)
    done = run("sent")
    assert (done.code, done.err) == (0, "")
    head, *rows = done.out.splitlines()
    assert head.split() == ["at", "id", "recipient", "status", "error", "text"]
    assert [row.split()[2:5] for row in rows] == [
        [f"id-{number:03}", NUMBER, "sent"] for number in (2, 1, 0)
    ]


def test_an_empty_log_is_said_on_stderr(smsbridge_mock: Provider) -> None:
    assert (run("sent").out, run("sent").err, run("sent").code) == ("", "no messages\n", 0)
    assert run("sent", "--json").out == ""


NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (["--id", "id-001"], {"guid_message": "id-001"}),
        (["--before", NOON.isoformat()], {"before": str(int(NOON.timestamp()))}),
        (["--before", "id-001"], {"before": "id-001"}),
        (["--recipient", NUMBER], {"keyword": NUMBER[1:]}),
        (["--keyword", "Hello 1"], {"keyword": "Hello 1"}),
        (["--failed", "request"], {"error_api": "1"}),
        (["--failed", "phone"], {"error_mobile": "1"}),
        (["--after", NOON.isoformat()], {}),
    ],
)
@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_filter_reaches_the_provider(
    smsbridge_mock: Provider, protocol: str, options: list[str], fields: dict[str, str]
) -> None:
    done = run("sent", *options, "--url", sample_url(protocol, smsbridge_mock.address))
    assert done.code == 0, done.err
    smsbridge_mock.requests = [one for one in smsbridge_mock.requests if "/log/" in one.path]
    assert asked(smsbridge_mock) == fields


def test_filters_choose_rows(smsbridge_mock: Provider) -> None:
    history = smsbridge_mock.history
    history.take("old", NUMBER, TEXT, None)
    history.sent[0].at -= timedelta(days=2)
    history.take("other", OTHER, "parcel 7", None)
    history.take("failed", NUMBER, TEXT, Status.UNDELIVERED)
    history.sent[2].at -= timedelta(minutes=1)

    def ids(*options: str) -> list[str]:
        return [json.loads(line)["id"] for line in run("sent", "--json", *options).out.splitlines()]

    day = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert ids("--after", day) == ["failed", "other"]
    assert ids("--before", day) == ["old"]
    assert ids("--before", "other") == ["old"]
    assert ids("--recipient", OTHER) == ["other"]
    assert ids("--keyword", "parcel") == ["other"]
    assert ids("--failed", "phone") == ["failed"]
    assert ids("--id", "old") == ["old"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--after", "soon"], ["--after 'soon'", "2027-01-31T09:00+00:00"]),
        (["--after", "2027-01-31T09:00"], ["time zone"]),
        (["--before", ""], ["before"]),
        (
            ["--before", "2026-01-01"],
            [
                "smsbridge: --before '2026-01-01': give ISO 8601 with a time zone, such as ",
                "such as 2027-01-31T09:00+00:00, or the id of a message\n",
            ],
        ),
        (["--before", "2026-01-01T09:00"], ["time zone", "or the id of a message"]),
        (["--before", "2026-13-01T09:00+00:00"], ["or the id of a message"]),
        (["--id", ""], ["id"]),
        (["--keyword", " "], ["keyword"]),
        (["--recipient", "Alice"], ["recipient", "+12025550123"]),
        (["--recipient", "12025550123"], ["recipient", "+12025550123"]),
        (["--failed", "carrier"], ["--failed", "'request', 'phone'"]),
        (["--limit", "0"], ["--limit", "x>=1"]),
        (["--limit", "many"], ["--limit"]),
        (["--offset", "3"], ["--offset"]),
        (["--recipient", NUMBER, "--keyword", "parcel"], ["keyword"]),
        (["--backend", "a", "--url", "memory://"], ["--backend", "--url"]),
    ],
)
def test_what_cannot_be_asked_exits_2_and_says_what_can(
    smsbridge_mock: Provider, options: list[str], says: list[str]
) -> None:
    done = run("sent", *options)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert [word for word in says if word not in done.err] == []
    assert "Alice" not in done.err
    assert "Traceback" not in done.err


def test_over_soap_it_exits_2_and_names_the_protocols_that_can(smsbridge_mock: Provider) -> None:
    done = run("sent", "--url", sample_url("soap", smsbridge_mock.address))
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert one_line(done.err)
    assert "soap can't answer sent; rest and oauth can" in done.err


def test_a_reader_that_has_enough_is_no_traceback(smsbridge_mock: Provider) -> None:
    ids = filled(smsbridge_mock, MANY)
    done = subprocess.run(
        ["sh", "-c", f"'{SMSBRIDGE}' sent --json | head -n 1"],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=True,
    )
    assert json.loads(done.stdout)["id"] == ids[0]
    assert done.stderr == ""
