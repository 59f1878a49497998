"""``smsbridge received``: what came in, by each filter."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import one_line, run
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

KEYS = {"id", "sender", "recipient", "text", "at", "device", "answer"}
NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def provider(smsbridge_mock: Provider) -> Provider:
    """Return a provider with three messages: an old one, one of a phone, one from a word."""
    history = smsbridge_mock.history
    history.received.clear()
    history.receive("old", NUMBER, "old").at -= timedelta(days=2)
    history.receive("by-phone", NUMBER, TEXT, device="phone-7")
    history.receive("from-a-word", "MPESA", "You got 7", device="phone-8")
    return smsbridge_mock


def ids(*options: str) -> list[str]:
    done = run("received", "--json", *options)
    assert (done.code, done.err) == (0, "")
    return [json.loads(line)["id"] for line in done.out.splitlines()]


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_the_table_has_a_line_for_each_message(provider: Provider, protocol: str) -> None:
    done = run("received", "--url", sample_url(protocol, provider.address))
    assert (done.code, done.err) == (0, "")
    head, *rows = done.out.splitlines()
    assert head.split() == ["at", "id", "sender", "text"]
    assert [row.split(maxsplit=4)[2:] for row in rows] == [
        ["old", NUMBER, "old"],
        ["by-phone", NUMBER, TEXT],
        ["from-a-word", "MPESA", "You got 7"],
    ]


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_json_is_an_object_a_line_with_these_keys(provider: Provider, protocol: str) -> None:
    url = sample_url(protocol, provider.address)
    done = run("received", "--json", "--device", "phone-7", "--url", url)
    document = done.document
    assert set(document) == KEYS
    found = [document[name] for name in ("id", "sender", "text", "device")]
    assert found == ["by-phone", NUMBER, TEXT, "phone-7"]
    assert datetime.fromisoformat(document["at"]).utcoffset() == timedelta(0)


def test_unread_is_what_nobody_has_asked_for(provider: Provider) -> None:
    assert len(ids("--unread")) == 3
    assert ids("--unread") == []
    provider.history.receive("new", NUMBER, TEXT)
    assert ids("--unread") == ["new"]
    assert len(ids()) == 4


def test_times_and_devices_choose_rows(provider: Provider) -> None:
    day = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert ids("--after", day) == ["by-phone", "from-a-word"]
    assert ids("--before", day) == ["old"]
    assert ids("--device", "phone-8") == ["from-a-word"]


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (["--after", NOON.isoformat()], {"after_timestamp_unix": str(int(NOON.timestamp()))}),
        (["--device", "phone-7"], {"sIdentifiantPhone": "phone-7"}),
        (["--unread"], {"onlyunread": "yes"}),
        (["--before", NOON.isoformat()], {}),
        ([], {}),
    ],
)
@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_filter_reaches_the_provider(
    provider: Provider, protocol: str, options: list[str], fields: dict[str, str]
) -> None:
    assert run("received", *options, "--url", sample_url(protocol, provider.address)).code == 0
    (request,) = (one for one in provider.requests if one.path == "/getsms/")
    given = dict(parse_qsl(request.query))
    given.pop("apikey", None)
    assert given == fields


def test_nothing_came_is_said_on_stderr(provider: Provider) -> None:
    provider.history.received.clear()
    done = run("received")
    assert (done.code, done.out, done.err) == (0, "", "no messages\n")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--after", "soon"], ["--after 'soon'", "2027-01-31T09:00+00:00"]),
        (["--before", "2027-01-31"], ["--before", "time zone"]),
        (["--device", ""], ["device"]),
        (["--read"], ["--read"]),
        (["--limit", "3"], ["--limit"]),
        (["more"], ["more"]),
    ],
)
def test_what_cannot_be_asked_exits_2_and_says_what_can(
    provider: Provider, options: list[str], says: list[str]
) -> None:
    done = run("received", *options)
    assert (done.code, done.out, provider.requests) == (2, "", [])
    assert [word for word in says if word not in done.err] == []


def test_over_soap_it_exits_2_and_names_the_protocols_that_can(smsbridge_mock: Provider) -> None:
    done = run("received", "--url", sample_url("soap", smsbridge_mock.address))
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert one_line(done.err)
    assert "soap can't answer received; rest and oauth can" in done.err
