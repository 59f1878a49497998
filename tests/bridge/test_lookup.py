"""What becomes of an unknown message: the log of the backend, else the rule of its door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smsbridge.bridge.config import OnUnknown
from smsbridge.bridge.lookup import Finding, Lookup
from smsbridge.bridge.message_queue import MessageQueue
from smsbridge.bridge.store import Store
from smsbridge.bridge.stored_message import End, State, StoredMessage
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Session
from smsbridge.message import Message
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.bridges import Clock, config_text, open_store, put, read


class Asked:
    """A store with one unknown message, and a mock whose log may have it."""

    def __init__(self, folder: Path, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.backend = read(folder, config_text()).backends["new"]
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
        """Look one message up, and return it as it is then."""
        (found,) = lookup.look_up([message], "lookup")
        return found

    def lookup(self, rule: OnUnknown = OnUnknown.HOLD, *, log: bool = True) -> Lookup:
        other = Client.from_mapping({"backend": "console"})
        client = Client(self.backend, transport=InProcess(self.provider)) if log else other
        return Lookup(
            queue=self.queue, clients={"new": client}, rules={"shop": rule}, waits=(5.0, 60.0)
        )


@contextmanager
def opened(folder: Path) -> Iterator[Asked]:
    with open_store(folder, clock := Clock()) as store:
        yield Asked(folder, store, clock)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    with opened(tmp_path) as found:
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


def test_by_the_rule_it_goes_out_once_more_and_no_more(asked: Asked) -> None:
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
    (finding,) = asked.lookup().ask([asked.unknown()])
    assert finding.end is None
    assert finding.why is not None


def test_what_was_cleared_can_t_be_looked_up(asked: Asked) -> None:
    message = asked.unknown()
    asked.store.move(message, End(state=State.UNKNOWN), "lookup")
    asked.store.clear(asked.clock() + 1)
    found = asked.store.find(message.id)
    assert found is not None
    assert [*asked.lookup().ask([found])] == [Finding(message=found)]
