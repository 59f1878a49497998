"""``smsbridge delete``: it asks first, and never deletes without a selector."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import one_line, real, run
from support.fault_server import FaultServer, answer
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

GUID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
TODAY = datetime.now(UTC)
DAYS = [(TODAY - timedelta(days=days)).date().isoformat() for days in range(4)]


@pytest.fixture
def provider(smsbridge_mock: Provider) -> Provider:
    """Return a provider with a message of today and of each of the three days before."""
    for number in range(3, -1, -1):
        smsbridge_mock.history.take(f"days-{number}", NUMBER, TEXT, None)
        smsbridge_mock.history.sent[-1].at = TODAY - timedelta(days=number)
    return smsbridge_mock


def left(provider: Provider) -> list[str]:
    return [entry.id for entry in reversed(provider.history.sent)]


ALL = ["days-0", "days-1", "days-2", "days-3"]
SELECTORS = [
    (["days-1"], "message days-1", ["days-0", "days-2", "days-3"]),
    (["--day", DAYS[1]], DAYS[1], ["days-0", "days-2", "days-3"]),
    (["--first", DAYS[2], "--last", DAYS[1]], f"{DAYS[2]} to {DAYS[1]}", ["days-0", "days-3"]),
]


@pytest.mark.parametrize(("selector", "what", "rest"), SELECTORS)
@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_yes_deletes_what_it_asked_about(
    provider: Provider, protocol: str, selector: list[str], what: str, rest: list[str]
) -> None:
    url = sample_url(protocol, provider.address)
    done = run("delete", *selector, "--url", url, stdin="y\n")
    assert (done.code, done.out) == (0, "deleted\n")
    assert f"Delete {what} from the log of smsmobileapi? [y/N]" in done.err
    assert left(provider) == rest


@pytest.mark.parametrize(("selector", "what", "rest"), SELECTORS)
@pytest.mark.parametrize("said", ["n\n", "\n", "", "no\n"])
def test_any_other_answer_sends_nothing(
    provider: Provider, selector: list[str], what: str, rest: list[str], said: str
) -> None:
    done = run("delete", *selector, stdin=said)
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("\nsmsbridge: nothing was deleted\n")
    assert (provider.requests, left(provider)) == ([], ALL)
    assert "Traceback" not in done.err


def test_without_a_terminal_what_follows_the_question_begins_a_line(
    provider: Provider,
) -> None:
    done = real("delete", "days-1", stdin="n\n")
    assert (done.code, done.out, provider.requests) == (1, "", [])
    assert done.err.endswith("? [y/N]: \nsmsbridge: nothing was deleted\n")


@pytest.mark.parametrize(("selector", "what", "rest"), SELECTORS)
def test_with_yes_it_does_not_ask(
    provider: Provider, selector: list[str], what: str, rest: list[str]
) -> None:
    done = run("delete", *selector, "--yes", "--json")
    assert (done.code, done.err, done.document) == (0, "", {"outcome": "accepted"})
    assert left(provider) == rest


@pytest.mark.parametrize(
    ("selector", "fields"),
    [
        (["days-1"], {"guid_message": "days-1"}),
        (["--day", DAYS[1]], {"date_start": DAYS[1]}),
        (["--first", DAYS[2], "--last", DAYS[1]], {"date_start": DAYS[2], "date_end": DAYS[1]}),
    ],
)
def test_a_selector_reaches_the_provider(
    provider: Provider, selector: list[str], fields: dict[str, str]
) -> None:
    assert run("delete", *selector, "--yes").code == 0
    (request,) = provider.requests
    assert request.path == "/deletesms/"
    given = dict(parse_qsl(request.query))
    del given["apikey"]
    assert given == fields


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "smsbridge: give one of an ID, --day, or --first with --last\n"),
        ([""], "smsbridge: give one of an ID, --day, or --first with --last\n"),
        (["--first", DAYS[2]], "smsbridge: give one of an ID, --day, or --first with --last\n"),
        (["--last", DAYS[1]], "smsbridge: give one of an ID, --day, or --first with --last\n"),
        (
            ["days-1", "--day", DAYS[1]],
            "smsbridge: give one of an ID, --day, or --first with --last\n",
        ),
        (
            ["--day", DAYS[1], "--first", DAYS[2], "--last", DAYS[1]],
            "smsbridge: give one of an ID, --day, or --first with --last\n",
        ),
        (["--first", DAYS[1], "--last", DAYS[2]], "last is before first"),
        (["--day", "31.01.2027"], "--day '31.01.2027': give a day, such as 2027-01-31"),
        (["--day", "yesterday"], "2027-01-31"),
        (["--day", ""], "2027-01-31"),
        (["--day", "2027-02-30"], "2027-01-31"),
        (["--all"], "--all"),
    ],
)
def test_what_selects_nothing_exits_2_without_a_question(
    provider: Provider, arguments: list[str], says: str
) -> None:
    for more in ([], ["--yes"]):
        done = run("delete", *arguments, *more, stdin="y\n")
        assert (done.code, done.out, provider.requests) == (2, "", [])
        assert says in done.err
        assert "[y/N]" not in done.err
    assert left(provider) == ALL


def test_over_soap_it_exits_2_and_names_the_protocols_that_can(provider: Provider) -> None:
    done = run("delete", "days-1", "--yes", "--url", sample_url("soap", provider.address))
    assert (done.code, done.out, provider.requests) == (2, "", [])
    assert one_line(done.err)
    assert "soap can't delete; rest and oauth can" in done.err


def test_what_nothing_confirms_exits_1_and_may_be_asked_again() -> None:
    with FaultServer([answer(500, "{}")]) as server:
        done = run("delete", GUID, "--yes", "--url", sample_url("rest", server.url))
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "Asking again is safe" in done.err
