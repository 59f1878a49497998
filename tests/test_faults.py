"""The table of faults over real sockets: each row over each protocol, by the clients in turn."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from math import ceil

import pytest

from smsbridge import (
    AsyncClient,
    AuthenticationFailed,
    Client,
    Message,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
    Submission,
)
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.errors import Outcome as SendOutcome
from smsbridge.http.exchange import Left, Request, Response
from smsbridge.testing.faults.connection import PACE, unreachable, untrusted_tls
from smsbridge.testing.faults.table import FAULTS, Ending, Fault, Place
from smsbridge.testing.mock.mock_connection import Answer
from smsbridge.testing.mock.server import MockServer

from support.carrying import GROWING
from support.oracle import Acceptance, WatchedProvider, verdict
from support.sending import (
    DRIVERS,
    NUMBER,
    TEXT,
    WAYS,
    Outcome,
    Send,
    backend,
    sends_sync,
)

TOKEN_CALL = "/oauth2/token"
AT_THE_DEADLINE = (
    "connect-timeout",
    "never-reads",
    "silence",
    "drip-headers",
    "token-down:silence",
)
LONG = 20.0
LARGE = "x" * 8_000_000


def rows_of(name: str, ways: Collection[Send]) -> Iterator[tuple[Fault, str, Send]]:
    """Yield the rows of a fault over their protocols, by each of several ways in turn."""
    entry, clients = FAULTS[name], cycle(ways)
    over = [(Fault(name, way), protocol) for way in entry.ways for protocol in entry.protocols]
    for broken, protocol in over * ceil(len(ways) / len(over)):
        yield broken, protocol, next(clients)


QUICK = {"reset-after-request", "half-body", "token-expired", "refused-address", "stale-connection"}
"""The rows that the drivers of `send_many` go through in the quick stage too."""

ROWS = [
    pytest.param(
        *(broken, protocol, send),
        id=f"{broken.word}-{protocol}-{send.__name__}",
        marks=[pytest.mark.full] if send in DRIVERS and name not in QUICK else [],
    )
    for name in FAULTS
    for ways in (WAYS, DRIVERS)
    for broken, protocol, send in rows_of(name, ways)
]


class Mock(MockServer):
    """The mock as it ships, with a provider that is watched."""

    provider: WatchedProvider
    refusals: threading.Barrier | None = None  # no 401 leaves before all are there

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        if self.refusals and isinstance(answer, Response) and answer.status == 401:
            self.refusals.wait(LONG)
        return answer

    @property
    def wire(self) -> tuple[int, int]:
        """How many whole requests were read: those that send or were led astray, token calls."""
        paths = [request.path for request in self.provider.requests]
        tokens = paths.count(TOKEN_CALL)
        return len(paths) - tokens, tokens


@contextmanager
def mocking(**more: object) -> Iterator[Mock]:
    provider = WatchedProvider(backend("rest", "https://api.smsmobileapi.com"))
    with Mock(provider, **more) as server:  # type: ignore[arg-type]  # what a test says
        yield server


@pytest.fixture(scope="module")
def _server() -> Iterator[Mock]:
    with mocking() as server:
        yield server


@pytest.fixture
def mock(_server: Mock) -> Mock:
    _server.provider.play(None)
    _server.pace = 0.0002
    _server.refusals = None
    return _server


@contextmanager
def met(broken: Fault, mock: Mock) -> Iterator[tuple[str, Mock]]:
    """Yield the address at which a fault happens, and the mock behind it."""
    if broken.name == "bad-tls":
        with mocking(tls=untrusted_tls()) as secured:
            yield secured.provider.address, secured
    elif broken.entry.place is Place.ADDRESS:
        with unreachable(broken.name) as address:
            yield address, mock
    else:
        mock.provider.fault = broken.word
        yield mock.provider.address, mock


def no_host(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(("broken", "protocol", "send"), ROWS)
def test_each_row_of_the_table_holds(
    broken: Fault,
    protocol: str,
    send: Send,
    mock: Mock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for library in ("", "requests", "urllib3", "aiohttp", "zeep", "asyncio", "smsbridge"):
        caplog.set_level(logging.DEBUG, logger=library)
    if broken.name == "no-such-host":
        monkeypatch.setattr(socket, "getaddrinfo", no_host)
    sends = (WAYS | DRIVERS)[send]
    with met(broken, mock) as (address, behind):
        wsdl = {"wsdl": f"{address}/sendsms/wsdl/sendsms.wsdl"} if broken.name == WSDL else {}
        for seconds in GROWING if broken.word in AT_THE_DEADLINE else (LONG,):
            behind.provider.reset()
            left: list[Left] = []
            table = backend(protocol, address, timeout=seconds, **wsdl)
            *before, outcome = sends(table, texts(broken), left)
            if got_there(broken, protocol, behind, left):  # a busy machine may need longer
                break
    holds(outcome, broken.ends, left, protocol)
    assert [type(one) for one in before] == [Submission] * len(before)
    assert behind.wire == expected_wire(broken, protocol)
    kept = [taken.text for taken in behind.provider.messages]
    taken = broken.taken or broken.ends.outcome is SendOutcome.ACCEPTED
    assert kept == texts(broken)[: int(taken)]
    assert verdict(behind.provider.accepted).doubles == []
    assert verdict(behind.provider.accepted).repeats == []
    private = [*table.secrets(), *behind.provider.scenario.tokens, NUMBER, NUMBER[1:], TEXT]
    told = [repr(outcome), str(outcome), *(repr(vars(record)) for record in caplog.records)]
    assert [word for word in private for text in told if word in text] == []
    assert any(record.name == "smsbridge" for record in caplog.records)


WSDL = "wsdl-gone"


def got_there(broken: Fault, protocol: str, behind: Mock, left: list[Left]) -> bool:
    """Return whether a call came as far, before its deadline, as its row begins."""
    stopped = broken.ends.outcome is SendOutcome.UNKNOWN and Left.ALL not in left
    return behind.wire == expected_wire(broken, protocol) and not stopped


def texts(broken: Fault) -> list[str]:
    """Return what is sent: a message too large to leave at once, or two, where a row needs it."""
    special = {"reset-mid-request": [LARGE], "stale-connection": [TEXT, f"{TEXT} again"]}
    return special.get(broken.name, [TEXT])


def expected_wire(broken: Fault, protocol: str) -> tuple[int, int]:
    """Return how many requests that send, and how many token calls, are read whole."""
    token = int(protocol == "oauth" and broken.entry.place is not Place.ADDRESS)
    if broken.entry.place in {Place.ADDRESS, Place.REQUEST, Place.WSDL}:
        return 0, token
    if broken.name in {"token-refused", "token-down"}:
        return 0, 1
    renewed = broken.name == "token-expired" or (broken.name == "unauthorized" and token)
    return (2, 2) if renewed else (1, token)


def holds(outcome: Outcome, ends: Ending, left: list[Left], protocol: str) -> None:
    """Hold an outcome to what the table says of it, and to what had left."""
    match ends.outcome:
        case SendOutcome.ACCEPTED:
            assert isinstance(outcome, Submission)
        case SendOutcome.UNKNOWN:
            assert isinstance(outcome, OutcomeUnknown)
            assert left in ([], [Left.ALL])
        case None:
            assert isinstance(outcome, OutcomeUnknown if left[-1] is Left.ALL else NotSent)
        case SendOutcome.NOT_SENT:
            assert isinstance(outcome, NotSent)
            assert outcome.retry is ends.retry
            assert (outcome.retry_after is None) == (ends.wait is None)
            least, most = ends.wait or (0, 0)
            assert least <= (outcome.retry_after or 0) <= most
        case SendOutcome.REJECTED:
            assert isinstance(outcome, Rejected)
            assert outcome.reason is ends.reason
            assert isinstance(outcome, AuthenticationFailed) == (ends.reason == "authentication")
    if isinstance(outcome, SendError):
        assert ends.says in str(outcome)
        assert outcome.attempt.reference in str(outcome)
        assert "://" not in str(outcome)
    assert outcome.protocol == protocol if isinstance(outcome, Submission) else True


def beyond(word: str, protocol: str, send: Send, mock: Mock) -> Outcome:
    """Return the outcome of what would go on beyond the deadline."""
    mock.provider.fault, mock.pace = word, PACE
    for seconds in GROWING:
        left: list[Left] = []
        mock.provider.reset()
        outcome = send(backend(protocol, mock.provider.address, timeout=seconds), TEXT, left)
        if mock.wire == (1, int(protocol == "oauth")):
            break
    assert left == [Left.ALL]
    assert len(mock.provider.messages) == 1
    return outcome


def test_f14_a_body_that_drips_beyond_the_deadline_is_unknown(
    protocol: str, send: Send, mock: Mock
) -> None:
    outcome = beyond("drip-body", protocol, send, mock)
    assert isinstance(outcome, OutcomeUnknown)
    assert "time" in str(outcome)
    assert "HTTP 200" in str(outcome)


@pytest.mark.full
def test_f11_of_a_message_that_the_system_can_t_hold_a_part_left(
    protocol: str, send: Send, mock: Mock
) -> None:
    mock.provider.fault = "never-reads"
    for seconds in GROWING:
        left: list[Left] = []
        outcome = send(backend(protocol, mock.provider.address, timeout=seconds), LARGE, left)
        if left != [Left.NOTHING]:
            break
    assert isinstance(outcome, NotSent)
    assert left == [Left.PART]
    assert mock.provider.messages == []


def test_f33_the_copy_that_is_pinned_goes_on_working(send: Send, mock: Mock) -> None:
    mock.provider.fault = "wsdl-gone"
    assert isinstance(send(backend("soap", mock.provider.address)), Submission)


CROWD = 64


def threads(table: SMSMobileAPI) -> list[Submission]:
    """Send from many threads at once, by one client without a token."""
    accepted: list[Submission] = []
    gate = threading.Barrier(CROWD)

    def one(client: Client, number: int) -> None:
        gate.wait(LONG)
        accepted.append(client.send(NUMBER, f"{TEXT} {number}"))

    with Client(table) as client:
        crowd = [threading.Thread(target=one, args=(client, n)) for n in range(CROWD)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join(LONG)
    return accepted


def tasks(table: SMSMobileAPI) -> list[Submission]:
    """The same with tasks."""

    async def run() -> list[Submission]:
        async with AsyncClient(table) as client:
            texts = [f"{TEXT} {number}" for number in range(CROWD)]
            return await asyncio.gather(*(client.send(NUMBER, text) for text in texts))

    return asyncio.run(run())


def many(table: SMSMobileAPI) -> list[Submission]:
    """The same by `send_many`."""
    texts = (f"{TEXT} {number}" for number in range(CROWD))
    messages = (Message(recipient=NUMBER, text=text) for text in texts)
    with Client(table) as client:
        results = client.send_many(messages, CROWD)
        return [one.submission for one in results if one.submission is not None]


def many_by_curl(table: SMSMobileAPI) -> list[Submission]:
    return many(replace(table, transport="curl"))


@pytest.mark.parametrize(
    "crowd", [threads, tasks, many, pytest.param(many_by_curl, marks=pytest.mark.full)]
)
@pytest.mark.parametrize(
    ("word", "wire"),
    [("token-race", (CROWD, 1)), ("token-expired", (2 * CROWD, 2))],
    ids=["without a token", "401s at once"],
)
def test_f36_a_crowd_makes_one_token_call_and_one_renewal(
    crowd: Callable[[SMSMobileAPI], list[Submission]], word: str, wire: tuple[int, int], mock: Mock
) -> None:
    mock.provider.fault = word
    mock.refusals = threading.Barrier(CROWD)
    assert len(crowd(backend("oauth", mock.provider.address, timeout=LONG))) == CROWD
    assert mock.wire == wire
    assert len(mock.provider.messages) == CROWD
    assert verdict(mock.provider.accepted).doubles == []


@pytest.mark.parametrize("word", ["reset-after-request", "half-body", "server-error", "bad-json"])
def test_the_oracle_finds_the_double_of_an_application_that_repeats_what_is_unknown(
    word: str, mock: Mock
) -> None:
    mock.provider.fault = word
    table = backend("rest", mock.provider.address)
    assert [type(one) for one in sends_sync(table, [TEXT, TEXT])] == [OutcomeUnknown] * 2
    told = verdict(mock.provider.accepted)
    assert [one.text for one in told.doubles] == [TEXT]
    assert told.repeats == []


def test_the_oracle_lists_a_repeat_after_a_clean_acceptance(mock: Mock) -> None:
    outcomes = sends_sync(backend("rest", mock.provider.address), [TEXT, TEXT])
    assert [type(one) for one in outcomes] == [Submission] * 2
    told = verdict(mock.provider.accepted)
    assert (told.doubles, [one.text for one in told.repeats]) == ([], [TEXT])


def test_the_oracle_goes_by_the_reference_first() -> None:
    first = Acceptance(recipient=NUMBER, text=TEXT, reference="order-1", clean=True)
    again = Acceptance(recipient=NUMBER, text="other", reference="order-1", clean=True)
    other = Acceptance(recipient=NUMBER, text="third", reference="order-2", clean=True)
    assert verdict([first, again, other]).doubles == [again]
