"""``smsbridge wait``: waits until a message has its last status, or until one comes in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from smsbridge import Status
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import SECONDS, one_line, run
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

DELIVERED, UNDELIVERED = "+447700900000", "+447700900001"
SENDER = "+12025550142"
PAST = (datetime.now(UTC) - timedelta(days=1)).isoformat()


def known(number: str, url: str) -> str:
    """Return the id of a message to a number."""
    return str(run("send", number, TEXT, "--url", url, "--json").document["id"])


@contextmanager
def later(provider: Provider, sender: str, text: str) -> Iterator[None]:
    """Let a message come in when the provider was asked once."""

    def come() -> None:
        end = time.monotonic() + SECONDS
        while not provider.requests and time.monotonic() < end:
            time.sleep(0.01)
        provider.history.receive("new", sender, text)

    thread = threading.Thread(target=come)
    thread.start()
    try:
        yield
    finally:
        thread.join()


# --- for a status


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_message_that_arrives_exits_0(smsbridge_mock: Provider, protocol: str) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    id_ = known(DELIVERED, url)
    done = run("wait", id_, "--url", url, "--timeout", "20")
    assert (done.code, done.err) == (0, "")
    head, row = done.out.splitlines()
    assert head.split() == ["at", "id", "recipient", "status", "error", "text"]
    assert row.split()[2:5] == [id_, DELIVERED, "sent"], "the last that this log can tell"


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_message_that_is_lost_exits_6_when_that_is_known(
    smsbridge_mock: Provider, protocol: str
) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    id_ = known(UNDELIVERED, url)
    assert run("status", id_, "--url", url, "--json").document["status"] == "queued"
    done = run("wait", id_, "--url", url, "--timeout", "20", "--json")
    assert (done.code, done.err) == (6, "")
    assert (done.document["id"], done.document["status"]) == (id_, "undelivered")
    assert done.document["error"]


def test_when_the_time_is_up_it_exits_1_and_says_what_was_known(smsbridge_mock: Provider) -> None:
    smsbridge_mock.history.take("id-1", NUMBER, TEXT, Status.UNDELIVERED)
    smsbridge_mock.history.sent[0].at += timedelta(hours=1)
    done = run("wait", "id-1", "--timeout", "0")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "id-1 is still queued after 0 s" in done.err
    assert len(smsbridge_mock.requests) == 1


def test_a_message_that_nobody_knows_is_waited_for(smsbridge_mock: Provider) -> None:
    done = run("wait", "id-1", "--timeout", "0")
    assert (done.code, "id-1 is still unknown" in done.err) == (1, True)


# --- for a message that comes in


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_message_that_comes_in_is_a_row(smsbridge_mock: Provider, protocol: str) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    with later(smsbridge_mock, SENDER, "your code is 123456"):
        done = run("wait", "--received", "--match", "code is", "--url", url, "--timeout", "20")
    assert (done.code, done.err) == (0, "")
    head, row = done.out.splitlines()
    assert head.split() == ["at", "id", "sender", "text"]
    assert row.split(maxsplit=4)[2:] == ["new", SENDER, "your code is 123456"]


def test_sender_and_text_choose_the_message(smsbridge_mock: Provider) -> None:
    history = smsbridge_mock.history
    history.receive("other-text", SENDER, "hello")
    history.receive("other-sender", "+447700900142", "your code is 654321")
    history.receive("a-word", "MPESA", "your code is 777777")
    history.receive("right", SENDER, "your code is 123456")

    def found(*options: str) -> str:
        asked = ("wait", "--received", "--after", PAST, "--timeout", "0", "--json")
        done = run(*asked, *options)
        assert (done.code, done.err) == (0, "")
        return str(done.document["id"])

    code = ("--match", "code is [0-9]{6}")
    assert found("--from", SENDER, *code) == "right"
    assert found("--from", "+447700900142") == "other-sender"
    assert found("--from", "12025550142", *code) == "right"
    assert found("--from", "+1 202 555 0142", *code) == "right"
    assert found("--from", "MPESA") == "a-word"
    assert found(*code) == "other-sender"


def test_what_came_before_does_not_count(smsbridge_mock: Provider) -> None:
    smsbridge_mock.history.received[0].at -= timedelta(minutes=1)
    done = run("wait", "--received", "--timeout", "0")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "no such message came after 0 s" in done.err


def test_what_is_waited_for_stays_private(smsbridge_mock: Provider) -> None:
    options = ("--from", "+447700900177", "--match", "canary", "--timeout", "0")
    done = run("wait", "--received", *options)
    assert done.code == 1
    assert [word for word in ("7700900177", "canary") if word in done.err] == []


# --- what cannot be waited for


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give the ID of a message, or --received"),
        (["id-1", "--received"], "give the ID of a message, or --received"),
        (["id-1", "--from", SENDER], "for --received"),
        (["id-1", "--match", "code"], "for --received"),
        (["id-1", "--after", PAST], "for --received"),
        ([""], "id of a message"),
        (["id-1", "--timeout", "-1"], "--timeout"),
        (["id-1", "--timeout", "soon"], "--timeout"),
        (["id-1", "--timeout", "nan"], "timeout"),
        (["id-1", "--timeout", "86401"], "--timeout"),
        (["--received", "--match", "("], "match: give a regular expression"),
        (["--received", "--after", "soon"], "--after 'soon'"),
    ],
)
def test_what_cannot_be_waited_for_exits_2(
    smsbridge_mock: Provider, arguments: list[str], says: str
) -> None:
    done = run("wait", *arguments)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert says in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "asks"), [(["id-1"], "status"), (["--received"], "received")]
)
def test_over_soap_it_exits_2_and_names_the_protocols_that_can(
    smsbridge_mock: Provider, arguments: list[str], asks: str
) -> None:
    done = run("wait", *arguments, "--url", sample_url("soap", smsbridge_mock.address))
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert one_line(done.err)
    assert f"soap can't answer {asks}; rest and oauth can" in done.err
