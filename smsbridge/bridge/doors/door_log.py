"""The log that a door shows a caller: its sent and received messages, filtered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from smsbridge.bridge.store.event_store import EventStore
from smsbridge.bridge.store.stored_event import StoredEvent
from smsbridge.bridge.store.stored_message import State, StoredMessage
from smsbridge.mapping.times import read_time
from smsbridge.message import Status
from smsbridge.text.phone import digits_alone, digits_of

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from smsbridge.bridge.store.message_store import MessageStore

PAGE = 50
_MOST_READ = 1000
_FAILED: Mapping[str, Mapping[str, Any]] = {
    "phone": {
        "states": (State.ACCEPTED,),
        "statuses": (Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED),
    },
    "request": {"states": (State.REJECTED, State.NOT_SENT)},
}


@dataclass(frozen=True, slots=True)
class DoorLog:
    """The log of one door. ``zone``: of its days, UTC by default."""

    store: MessageStore
    door: str
    zone: tzinfo | None = None

    def rows(self, question: str, values: Mapping[str, str], caller: str) -> list[StoredMessage]:
        """Return the messages that a question selects: one page, newest first."""
        if question == "status" or values.get("id"):
            found = self.store.find(values.get("id", ""), door=self.door, caller=caller)
            return [found] if found else []
        before = values.get("before", "")
        last = self.store.find(before, door=self.door, caller=caller) if before else None
        messages = self.store.list_messages(
            door=self.door,
            caller=caller,
            **_FAILED.get(values.get("failed", ""), {}),
            below=last.seq if last else None,
            before=None if last else _seconds(read_time(before)),
            after=_seconds(read_time(values.get("after", ""))),
            digits=digits_of(values.get("recipient", "")),
            keyword=values.get("keyword", ""),
            limit=_MOST_READ if values.get("recipient") or values.get("keyword") else PAGE,
        )
        return [one for one in messages if _fits(one, values)][:PAGE]

    def received(self, values: Mapping[str, str], caller: str) -> list[StoredEvent]:
        """Return the incoming messages that a question selects, oldest first; mark them read.

        The device is not a filter, since the bridge doesn't know it.
        """
        events = EventStore(self.store)
        found = events.list_received(
            door=self.door,
            caller=caller,
            unread=values.get("unread") == "true",
            before=_seconds(read_time(values.get("before", ""))),
            after=_seconds(read_time(values.get("after", ""))),
            limit=_MOST_READ,
        )
        if unread := [one for one in found if one.read_at is None]:
            events.mark_read(unread)
        return found

    def delete(self, values: Mapping[str, str], caller: str) -> bool:
        """Hide one message, or those of some days, from the log; False without a selector.

        An unknown id, or one of another caller, is ignored: deletion is idempotent.
        """
        if values.get("id"):
            found = self.rows("status", values, caller)
            if found:
                self.store.hide(found)
            else:
                self._delete_arrival(values["id"], caller)
            return True
        first = read_time(values.get("first", ""))
        last = read_time(values["last"]) if values.get("last") else first
        if first is None or last is None:
            return False
        days: Mapping[str, Any] = {
            "after": self._day(first).timestamp(),
            "before": (self._day(last) + timedelta(days=1)).timestamp(),
        }
        while found := self.store.list_messages(
            door=self.door, caller=caller, **days, limit=_MOST_READ
        ):
            self.store.hide(found)
        return True

    def _delete_arrival(self, known: str, caller: str) -> None:
        events = EventStore(self.store)
        if came := events.list_received(door=self.door, caller=caller, known=known):
            events.hide(came)

    def _day(self, time: datetime) -> datetime:
        local = time.astimezone(self.zone or UTC)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _fits(message: StoredMessage, values: Mapping[str, str]) -> bool:
    number, keyword = values.get("recipient", ""), values.get("keyword", "")
    recipient = digits_of(message.recipient or "")
    if number and digits_of(number) != recipient:
        return False
    wanted = digits_alone(keyword)
    return keyword in (message.text or "") or bool(wanted and wanted in recipient)


def _seconds(time: datetime | None) -> float | None:
    return time.timestamp() if time else None
