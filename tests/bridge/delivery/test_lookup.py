"""Unknown messages are resolved by the backend's log, else by their door's on_unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from smsbridge.backends.failover import Failover
from smsbridge.bridge.delivery.lookup import Lookup, LookupResult
from smsbridge.bridge.delivery.message_queue import MessageQueue
from smsbridge.bridge.doors.door_config import OnUnknown
from smsbridge.bridge.store.message_store import MessageStore
from smsbridge.bridge.store.retention import clear
from smsbridge.bridge.store.stored_message import End, State, StoredMessage
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.http.transport import Transport
from smsbridge.message import Message
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.bridges import NEW, OLD, Clock, config_text, open_store, put, read
from support.each import each


class Asked:
    """A store with one unknown message, and a mock whose log may have it."""

    def __init__(self, folder: Path, store: MessageStore, clock: Clock, blocks: str) -> None:
        self.store, self.clock = store, clock
        self.backend = read(folder, config_text(backends=blocks)).backends["new"]
        self.provider = Provider(self.backend)
        self.client = Client(self.backend, transport=InProcess(self.provider))
        self.queue = MessageQueue(store)

    def unknown(self, text: str = "Hello") -> StoredMessage:
        put(self.store, text)
        session = Session()

        def attempt(message: StoredMessage) -> object:
            whole = message.message()
            assert whole is not None
            return self.backend.attempt(whole, session)

        claimed = self.queue.claim("worker 1", attempt)  # type: ignore[arg-type]  # it is one
        assert claimed is not None
        return self.store.move(claimed, End(state=State.UNKNOWN, due=self.clock()), "worker 1")

    def arrive(self, message: StoredMessage) -> str:
        """Let the provider have a message, and return its id there."""
        whole = message.message()
        assert isinstance(whole, Message)
        return self.client.send(whole).id or ""

    def look_up(self, message: StoredMessage, lookup: Lookup) -> StoredMessage:
        """Look one message up, and return it with its new state."""
        (found,) = lookup.look_up([message], "lookup")
        return found

    def lookup(
        self,
        rule: OnUnknown = OnUnknown.HOLD,
        *,
        log: bool = True,
        transport: Transport | None = None,
    ) -> Lookup:
        other = Client.from_mapping({"backend": "console"})
        carrier = transport or InProcess(self.provider)
        client = Client(self.backend, transport=carrier) if log else other
        return Lookup(
            queue=self.queue, clients={"new": client}, rules={"shop": rule}, waits=(5.0, 60.0)
        )

    def pages(self) -> int:
        """Return how many pages of its log the provider was asked for."""
        return sum(request.method == "GET" for request in self.provider.requests)


@dataclass
class During:
    """A transport to a mock that runs a function during the first request."""

    provider: Provider
    happens: Callable[[], object]
    count: int = 0

    def send(self, request: Request, deadline: float) -> Response:
        self.count += 1
        if self.count == 1:
            self.happens()
        return InProcess(self.provider).send(request, deadline)

    def close(self) -> None:
        """Do nothing: nothing is open."""


@dataclass
class Answers:
    """Answers each request with one status, and counts them."""

    status: int
    count: int = 0

    def send(self, _request: Request, _deadline: float) -> Response:
        self.count += 1
        return Response(status=self.status)

    def close(self) -> None:
        """Do nothing: nothing is open."""


@contextmanager
def opened(folder: Path, blocks: str = OLD + NEW) -> Iterator[Asked]:
    with open_store(folder, clock := Clock()) as store:
        yield Asked(folder, store, clock, blocks)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    with opened(tmp_path) as found:
        yield found


@pytest.fixture
def nameless(tmp_path: Path) -> Iterator[Asked]:
    """Return the same, with a provider that stores no references."""
    with opened(tmp_path, OLD + NEW.replace(', ref = "{reference}"', "")) as found:
        yield found


def test_a_row_of_the_log_proves_that_it_was_accepted(asked: Asked) -> None:
    message = asked.unknown()
    known = asked.arrive(message)
    found = asked.look_up(message, asked.lookup())
    assert (found.state, found.provider_id) == (State.ACCEPTED, known)
    assert asked.store.history(found)[-1]["actor"] == "lookup"


def test_no_row_proves_nothing_and_is_asked_for_again_later(asked: Asked) -> None:
    message = asked.unknown()
    lookup = asked.lookup()
    again = asked.look_up(message, lookup)
    assert (again.state, again.looked_up) == (State.UNKNOWN, 1)
    assert again.due == asked.clock() + 5
    third = asked.look_up(again, lookup)
    assert third.due == asked.clock() + 60
    last = asked.look_up(third, lookup)
    assert (last.state, last.due) == (State.UNKNOWN, None)
    assert asked.queue.due_unknown() == []


def test_without_a_log_it_waits_for_a_person_at_once(asked: Asked) -> None:
    found = asked.look_up(asked.unknown(), asked.lookup(log=False))
    assert (found.state, found.due) == (State.UNKNOWN, None)


def test_on_unknown_resend_sends_once_more_only(asked: Asked) -> None:
    lookup = asked.lookup(OnUnknown.RESEND, log=False)
    found = asked.look_up(asked.unknown(), lookup)
    assert (found.state, found.resent) == (State.STORED, 1)
    assert asked.store.history(found)[-1]["why"] == "on_unknown: it may be sent twice"
    claimed = asked.queue.claim("worker 1", lambda one: one.attempt)  # type: ignore[arg-type, return-value]  # it has one
    assert claimed is not None
    unknown = asked.store.move(claimed, End(state=State.UNKNOWN), "worker 1")
    assert asked.look_up(unknown, lookup).state is State.UNKNOWN


def test_a_row_of_another_message_is_not_taken_for_it(asked: Asked) -> None:
    first = asked.unknown()
    known = asked.arrive(first)
    asked.store.move(first, End(state=State.ACCEPTED, provider_id=known), "person Ann")
    (result,) = asked.lookup().ask([asked.unknown()])
    assert result.end is None
    assert result.why is not None


def test_what_was_cleared_can_t_be_looked_up(asked: Asked) -> None:
    message = asked.unknown()
    asked.store.move(message, End(state=State.UNKNOWN), "lookup")
    clear(asked.store.database, asked.clock() + 1)
    found = asked.store.find(message.id)
    assert found is not None
    assert [*asked.lookup().ask([found])] == [LookupResult(message=found)]


# --- several at once


def test_all_that_is_due_is_looked_up_by_one_reading_of_the_log(asked: Asked) -> None:
    unknown = [asked.unknown(f"text {number}") for number in range(50)]
    known = [asked.arrive(message) for message in unknown[:40]]
    lookup = asked.lookup()
    due = asked.queue.due_unknown()
    assert due == unknown
    found = [*lookup.look_up(due, "lookup")]
    assert [one.id for one in found] == [one.id for one in unknown]
    assert [one.provider_id for one in found] == known + [None] * 10
    assert asked.pages() == 2, "one with all rows, and the empty one after it"
    assert {one.due for one in found[40:]} == {asked.clock() + 5}
    asked.clock.seconds += 5
    assert len([*lookup.look_up(asked.queue.due_unknown(), "lookup")]) == 10
    assert asked.pages() == 4


def test_identical_messages_compete_for_the_rows_of_a_log(nameless: Asked) -> None:
    sent = nameless.unknown("Sent")
    nameless.store.move(
        sent, End(state=State.ACCEPTED, provider_id=nameless.arrive(sent)), "person Ann"
    )
    texts = ("Sent", "Twice", "Twice", "Once")
    unknown = [nameless.unknown(text) for text in texts]
    known = [nameless.arrive(message) for message in unknown[2:]]
    found = [*nameless.lookup().look_up(unknown, "lookup")]
    assert [one.provider_id for one in found] == [None, None, None, known[1]]
    assert {one.looked_up for one in found[:3]} == {1}


def test_a_row_may_be_that_of_a_send_that_began_while_the_log_was_read(nameless: Asked) -> None:
    lost, begun = nameless.unknown(), []

    def send_it() -> None:
        begun.append(nameless.unknown())
        nameless.arrive(begun[0])

    found = nameless.look_up(lost, nameless.lookup(transport=During(nameless.provider, send_it)))
    assert (found.state, found.looked_up) == (State.UNKNOWN, 1)


def test_a_send_that_began_meanwhile_with_a_known_id_is_no_rival(nameless: Asked) -> None:
    message = nameless.unknown()
    known = nameless.arrive(message)

    def send_it() -> None:
        end = End(state=State.ACCEPTED, provider_id="p-2")
        nameless.store.move(nameless.unknown(), end, "person Ann")

    found = nameless.look_up(message, nameless.lookup(transport=During(nameless.provider, send_it)))
    assert found.provider_id == known


@each("status", [401, 403, 500])
def test_a_log_that_can_t_be_read_is_asked_once_and_again_later(
    tmp_path: Path, status: int
) -> None:
    with opened(tmp_path) as asked:
        unknown = [asked.unknown(f"text {number}") for number in range(3)]
        answers = Answers(status)
        found = [*asked.lookup(transport=answers).look_up(unknown, "lookup")]
        assert {(one.state, one.due) for one in found} == {(State.UNKNOWN, asked.clock() + 5)}
        assert len(found) == 3
        assert answers.count == 1


def test_what_was_decided_meanwhile_is_left_out(asked: Asked) -> None:
    first, second = asked.unknown("1"), asked.unknown("2")
    asked.store.move(first, End(state=State.CANCELLED), "person Ann")
    (found,) = asked.lookup().look_up([first, second], "lookup")
    assert found.id == second.id


def test_an_unreadable_log_of_one_member_does_not_affect_the_others(asked: Asked) -> None:
    """Each member of a backend has a log of its own."""
    both = Failover(backends={"one": asked.backend, "two": asked.backend})
    unknown = []
    for via in ("one", "two"):
        message = asked.unknown(via)
        assert message.attempt is not None
        end = End(state=State.UNKNOWN, attempt=replace(message.attempt, via=via))
        unknown.append(asked.store.move(message, end, "worker 1"))
    known = asked.arrive(unknown[1])

    class OneRefuses(InProcess):
        def send(self, request: Request, deadline: float) -> Response:
            if request.backend == "one":
                return Response(status=401)
            return super().send(request, deadline)

    lookup = replace(
        asked.lookup(), clients={"new": Client(both, transport=OneRefuses(asked.provider))}
    )
    found = [*lookup.look_up(unknown, "lookup")]
    assert [one.provider_id for one in found] == [None, known]
