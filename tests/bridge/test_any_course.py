"""Any sequence of puts, sends, crashes, reports, lookups and resends.

No message is lost or sent twice, and each caller learns what became of its messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smsbridge import Message, Status, Submission
from smsbridge.backends.base import Backend
from smsbridge.backends.memory import MemoryBackend
from smsbridge.bridge.delivery.lookup import Lookup
from smsbridge.bridge.delivery.message_queue import LEASE_SECONDS, MessageQueue
from smsbridge.bridge.delivery.sender import Sender
from smsbridge.bridge.doors.door_config import OnUnknown
from smsbridge.bridge.events.event_queue import LEASE, EventQueue
from smsbridge.bridge.events.reports import Became, Reports
from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.message_store import MessageStore, NoStep, OtherContent
from smsbridge.bridge.store.stored_event import EventKind, StoredEvent
from smsbridge.bridge.store.stored_message import End, State, StoredMessage
from smsbridge.errors import Attempt, NotSent, OutcomeUnknown, Reason, Rejected
from smsbridge.http.exchange import Session

from support.bridges import Clock, new_message
from support.events import a_received, a_report, events_of
from support.stores import Place

ENDS = ["accepted", "lost after it was taken", "lost before", "not sent", "rejected", "bug"]
NUMBERS = ["+12025550123", "+12025550124"]
STATUSES = [Status.UNKNOWN, Status.QUEUED, Status.SENT, Status.UNDELIVERED, Status.DELIVERED]
SHOP = ("shop", "shop")
FAILED = {State.REJECTED, State.NOT_SENT, State.CANCELLED}
OPEN = {State.STORED, State.HANDED_OVER, State.UNKNOWN}
FROM_OUTSIDE = 1.0
"""The time of each event that comes in, which the clock here never shows."""


def is_end(event: StoredEvent) -> bool:
    """Return whether no provider brought an event."""
    return event.at != FROM_OUTSIDE


class Provider:
    """The simulated provider: it takes a message or not, and its log shows which it has."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.coming = "accepted"
        self.memory = MemoryBackend()
        self.session = Session()

    def attempt(self, message: Message) -> Attempt:
        return self.memory.attempt(message, self.session)

    def send(self, message: Message) -> Submission:
        attempt = self.attempt(message)
        if self.coming in ("accepted", "lost after it was taken"):
            self.taken[message.reference] += 1
        if self.coming == "accepted":
            return Submission(id=f"p-{message.reference}", attempt=attempt, status=Status.QUEUED)
        if self.coming == "not sent":
            raise NotSent("busy", attempt)
        if self.coming == "rejected":
            raise Rejected("no", attempt, reason=Reason.QUOTA)
        if self.coming == "bug":
            raise RuntimeError
        raise OutcomeUnknown("no answer", attempt)

    def resolve_many(
        self, attempts: list[Attempt], **_: object
    ) -> Iterator[Submission | OutcomeUnknown]:
        for attempt in attempts:
            if attempt.reference in self.taken:
                yield Submission(id=f"p-{attempt.reference}", attempt=attempt)
            else:
                yield OutcomeUnknown("no such message", attempt)


class Course(RuleBasedStateMachine):
    """One store, one provider, and whatever happens to both."""

    rule_of_the_door = OnUnknown.HOLD
    most = 1

    place: Place

    def __init__(self) -> None:
        super().__init__()
        self.place.empty()
        self.clock, self.provider = Clock(), Provider()
        self.known: dict[str, str] = {}
        self.keys: dict[str, tuple[str, str, str]] = {}
        self.steps: dict[str, int] = {}
        self.ranks: dict[str, int] = {}
        self.event_ids: dict[int, str] = {}
        self.came: set[str] = set()
        self.told: Counter[str] = Counter()
        with closing(self.place.database()) as database:
            database.migrate()
        self.open()

    def open(self) -> None:
        self.database = self.place.database()
        self.store = MessageStore(self.database, self.clock, lambda *place: place == SHOP)
        self.queue = MessageQueue(self.store, (self.place.server and "here") or "")
        clients: Any = {"new": self.provider}
        backends: dict[str, Backend] = {"new": self.provider.memory}
        self.reports = Reports(EventStore(self.store), {"new": frozenset({"new"})})
        self.event_queue = EventQueue(self.store)
        self.sender = Sender(
            backends=backends, clients=clients, session=self.provider.session, now=self.clock
        )
        rules = {"shop": self.rule_of_the_door}
        self.lookup = Lookup(queue=self.queue, clients=clients, rules=rules, waits=(5.0,))

    def teardown(self) -> None:
        try:
            self.everybody_is_told_in_the_end()
        finally:
            self.database.close()

    def claim(self) -> StoredMessage | None:
        return self.queue.claim("worker 1", self.sender.attempt)

    @rule(text=st.sampled_from("abc"), number=st.sampled_from(NUMBERS), key=st.sampled_from("xyz "))
    def put(self, text: str, number: str, key: str) -> None:
        new = new_message(text, number, key=key.strip())
        try:
            put = self.store.put(new)
        except OtherContent:
            assert self.keys[key][:2] != (text, number)
            return
        if put.again:
            assert self.keys[key] == (text, number, put.message.id)
            return
        self.known[put.message.id] = text
        if key.strip():
            assert key not in self.keys
            self.keys[key] = (text, number, put.message.id)

    @rule(data=st.data(), coming=st.sampled_from(ENDS), early=st.booleans())
    def send(self, data: st.DataObject, coming: str, early: bool) -> None:  # noqa: FBT001  (hypothesis gives them)
        self.provider.coming = coming
        if claimed := self.claim():
            end = self.sender.send(claimed)
            if early and claimed.id in self.provider.taken:
                self.tell_of(data, claimed.id)
            self.store.move(claimed, end, "worker 1")

    @rule(coming=st.sampled_from(ENDS), claims=st.booleans(), sends=st.booleans())
    def crash(self, coming: str, claims: bool, sends: bool) -> None:  # noqa: FBT001  (hypothesis gives them)
        self.provider.coming = coming
        claimed = self.claim() if claims else None
        if claimed and sends:
            self.sender.send(claimed)
        self.database.close()
        self.clock.seconds += LEASE_SECONDS
        self.open()
        self.queue.recover("recovery")

    @precondition(lambda self: self.provider.taken)
    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        self.tell_of(data, data.draw(st.sampled_from(sorted(self.provider.taken))))

    def tell_of(self, data: st.DataObject, known: str) -> None:
        """Report a message that the provider took, at any time and any number of times."""
        before = self.store.find(known)
        assert before is not None
        status = data.draw(st.sampled_from(STATUSES))
        is_named = data.draw(st.booleans())
        key = f"{known} {status} {is_named}"
        new = a_report(key, status, provider_id=f"p-{known}", at=FROM_OUTSIDE)
        recorded = self.reports.record(new, known if is_named else None)
        assert (recorded.became is Became.REPEATED) is (new.event_key in self.came)
        self.came.add(new.event_key)
        after = self.store.find(known)
        assert after is not None
        is_sent = status in (Status.SENT, Status.DELIVERED)
        is_proof = before.state is State.UNKNOWN or (
            is_sent and before.state is not State.HANDED_OVER
        )
        if is_named and is_proof and recorded.became is Became.KEPT:
            assert after.state is State.ACCEPTED
        else:
            assert after.state is before.state

    @rule(key=st.sampled_from("ijk"))
    def receive(self, key: str) -> None:
        new = a_received(key, at=FROM_OUTSIDE)
        assert self.reports.events.add(new) is (key not in self.came)
        self.came.add(key)

    @rule()
    def match(self) -> None:
        self.reports.match(0.0)

    @rule(takes=st.booleans(), loses=st.booleans())
    def tell(self, takes: bool, loses: bool) -> None:  # noqa: FBT001  (hypothesis gives them)
        """Post an event to the caller, who takes it or not; the process may die meanwhile."""
        if claimed := self.event_queue.claim(SHOP):
            self.told[claimed.event.id] += takes
            if loses:
                self.clock.seconds += LEASE
            elif takes:
                self.event_queue.settle(claimed.event)
            else:
                self.event_queue.fail(claimed.event)

    def everybody_is_told_in_the_end(self) -> None:
        self.reports.match(0.0)
        self.event_queue.enable(SHOP)
        while claimed := self.event_queue.claim(SHOP):
            self.told[claimed.event.id] += 1
            self.event_queue.settle(claimed.event)
        told = [one for one in events_of(self.store) if one.id in self.told]
        received = {key for key in self.came if key in "ijk"}
        assert len([one for one in told if one.kind is EventKind.RECEIVED]) == len(received)
        known = {(one.message, one.status) for one in told}
        for one in self.store.list_messages(limit=1000):
            if one.status and one.status.rank > Status.ACCEPTED.rank:
                assert (one.seq, one.status) in known
            self.each_end_that_no_report_tells_was_told_once(
                one, [event for event in told if event.message == one.seq and is_end(event)]
            )

    def each_end_that_no_report_tells_was_told_once(
        self, message: StoredMessage, told: list[StoredEvent]
    ) -> None:
        """Check it by the history of a message, in which nothing is ever changed."""
        steps = self.store.history(message)
        changes = list(pairwise(State(step["state"]) for step in steps))
        failures = [change for change in changes if change[0] in OPEN and change[1] in FAILED]
        is_proof = message.state is State.ACCEPTED and not steps[-1]["actor"].startswith("report")
        was_open = failures or (State.UNKNOWN, State.ACCEPTED) in changes
        assert len([one for one in told if one.error]) == len(failures)
        assert len([one for one in told if not one.error]) == bool(is_proof and was_open)
        if message.state in FAILED and changes[-1] in failures:
            assert told[-1].error == (message.reason or message.state)
        elif is_proof and was_open:
            assert told[-1].error is None

    @rule()
    def look_up(self) -> None:
        list(self.lookup.look_up(self.queue.due_unknown(), "lookup"))

    @rule(seconds=st.sampled_from([1.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    @precondition(lambda self: self.known)
    @rule(data=st.data(), to=st.sampled_from([State.STORED, State.CANCELLED]))
    def ask_for(self, data: st.DataObject, to: State) -> None:
        known = data.draw(st.sampled_from(sorted(self.known)))
        message = self.store.find(known)
        assert message is not None
        if message.state is State.UNKNOWN:  # then it is a person who may double it
            to = State.ACCEPTED if known in self.provider.taken else State.CANCELLED
        try:
            self.store.move(message, End(state=to, due=self.clock()), "caller shop", tries=0)
        except NoStep:
            assert message.state in (State.ACCEPTED, State.CANCELLED, State.STORED)

    @invariant()
    def nothing_is_lost(self) -> None:
        found = self.store.list_messages(limit=1000)
        assert {one.id: one.text for one in found} == self.known
        assert State.HANDED_OVER not in {one.state for one in found}

    @invariant()
    def nothing_is_doubled_no_outcome_is_wrong_and_a_status_only_moves_up(self) -> None:
        assert all(count <= self.most for count in self.provider.taken.values())
        for one in self.store.list_messages(limit=1000):
            taken = one.id in self.provider.taken
            if one.state is State.ACCEPTED:
                assert taken
            elif one.state is not State.UNKNOWN and self.most == 1:
                assert not taken
            steps = len(self.store.history(one))
            assert steps >= self.steps.get(one.id, 0)
            self.steps[one.id] = steps
            rank = one.status.rank if one.status else -1
            assert rank >= self.ranks.get(one.id, -1)
            self.ranks[one.id] = rank

    @invariant()
    def each_event_is_there_once_and_keeps_its_id(self) -> None:
        found = events_of(self.store)
        assert len([one for one in found if not is_end(one)]) == len(self.came)
        ids = {one.seq: one.id for one in found}
        assert ids | self.event_ids == ids
        assert len(set(ids.values())) == len(ids)
        self.event_ids = ids


class CourseOfResends(Course):
    """The same with on_unknown = "resend", so a message may be sent twice."""

    rule_of_the_door = OnUnknown.RESEND
    most = 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("machine", [Course, CourseOfResends])
def test_nothing_is_lost_or_doubled_in_any_course(place: Place, machine: type[Course]) -> None:
    machine.place = place
    case = machine.TestCase
    most = settings().max_examples // (3 if place.server else 1)
    case.settings = settings(stateful_step_count=20, max_examples=most)
    case().runTest()
