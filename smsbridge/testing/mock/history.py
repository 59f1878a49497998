"""What the mock provider remembers: the messages that it accepted and those that came in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from smsbridge.errors import Outcome
from smsbridge.mapping.filters import TIME_FILTERS
from smsbridge.mapping.times import read_time
from smsbridge.message import Status

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = 50
_SAMPLE_SENDER = "+12025550142"
LATER = timedelta(seconds=2)
_FIRST = {Status.UNDELIVERED: Status.QUEUED, Status.DELIVERED: Status.SENT}
_FAILED = {"phone": Status.UNDELIVERED, "request": Status.REJECTED}
_NUMBER = re.compile("[+ ]*[0-9]+[+ ]*")
_ERROR = "the operator refused it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStatus:
    """A status that was told of a message, when, and whether a webhook went out for it."""

    status: Status
    at: datetime
    webhook: bool


@dataclass(slots=True, kw_only=True)
class Logged:
    """One message of the log; ``status`` is its last status, reached two seconds after ``at``.

    ``reported``: a test has said that it is reached. ``told``: which were told, and how.
    ``outcome``: what its client may conclude from the answer, or from what came instead.
    """

    id: str
    recipient: str
    text: str
    at: datetime
    status: Status | None = None
    device: str = ""
    sender: str = ""
    reference: str = ""
    read: bool = False
    reported: bool = False
    outcome: Outcome = Outcome.ACCEPTED
    told: list[ToldStatus] = field(default_factory=list)

    def status_at(self, now: datetime) -> Status | None:
        """Return the status that it has at a time."""
        late = self.reported or now - self.at >= LATER
        return self.status if late or self.status is None else _FIRST.get(self.status, self.status)

    def words(self, now: datetime) -> dict[str, Any]:
        """Return the row of the log as it is now, by our names; what isn't known is absent."""
        status = self.status_at(now)
        words = {
            "id": self.id,
            "recipient": self.recipient,
            "sender": self.sender,
            "text": self.text,
            "at": TIME_FILTERS["iso"](self.at),
            "device": self.device,
        }
        return words | {"status": status, "error": _ERROR if status in _FAILED.values() else ""}


@dataclass(slots=True)
class History:
    """The log, oldest first, and what came in. A ``delete`` forgets rows, and nothing else."""

    now: Callable[[], datetime]
    sent: list[Logged] = field(default_factory=list)
    received: list[Logged] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with one message that has come in."""
        self.receive("1", _SAMPLE_SENDER, "Hello")

    def take(self, known: str, recipient: str, text: str, status: Status | None) -> Logged:
        """Keep a message that was accepted, with the status that it ends with."""
        entry = Logged(id=known, recipient=recipient, text=text, at=self.now(), status=status)
        self.sent.append(entry)
        return entry

    def receive(self, known: str, sender: str, text: str, device: str = "") -> Logged:
        """Keep a message that came in."""
        entry = Logged(
            id=known, recipient="", sender=sender, text=text, at=self.now(), device=device
        )
        self.received.append(entry)
        return entry

    def report(self, known: str, status: Status) -> Logged | None:
        """Give a message a status now; return the message, None if none has that id."""
        place = self._place(known)
        if place is None:
            return None
        entry = self.sent[place]
        entry.status, entry.reported = status, True
        return entry

    def resend(self, known: str) -> bool:
        """Send a message again; return False unless a failed message has that id (DOC)."""
        found = [
            entry
            for entry in self.sent
            if entry.id == known and entry.words(self.now())["status"] in _FAILED.values()
        ]
        for entry in found:
            entry.status = None
        return bool(found)

    def delete(self, values: Mapping[str, str]) -> bool:
        """Forget one message, one day, or a period; False without a selector."""
        first = read_time(values.get("first", ""))
        last = read_time(values.get("last", "")) or first
        if "id" in values:
            self.sent = [entry for entry in self.sent if entry.id != values["id"]]
        elif first is not None and last is not None:
            days = (first.date(), last.date())
            self.sent = [e for e in self.sent if not days[0] <= e.at.date() <= days[1]]
        else:
            return False
        return True

    def rows(self, question: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return a page of rows, newest first, that fit the values of a question."""
        if question == "received":
            return self._came(values)
        if question == "status":
            values = {"id": values.get("id", "")}
        place = self._place(values.get("before", ""))
        if place is not None:
            values = {name: word for name, word in values.items() if name != "before"}
        found = (entry for entry in reversed(self.sent[:place]) if self._fits(entry, values))
        return [entry.words(self.now()) for entry in islice(found, PAGE)]

    def _came(self, values: Mapping[str, str]) -> list[dict[str, Any]]:
        found = [entry for entry in self.received if self._fits(entry, values)]
        if values.get("unread") == "true":
            found = [entry for entry in found if not entry.read]
        for entry in found:
            entry.read = True
        return [entry.words(self.now()) for entry in found]

    def _fits(self, entry: Logged, values: Mapping[str, str]) -> bool:
        return all(self._holds(entry, name, word) for name, word in values.items())

    def _holds(self, entry: Logged, name: str, word: str) -> bool:
        if name in ("id", "device"):
            return bool(getattr(entry, name) == word)
        tests: dict[str, Callable[[], bool]] = {
            "before": lambda: entry.at < (read_time(word) or entry.at),
            "after": lambda: entry.at >= (read_time(word) or entry.at),
            "recipient": lambda: _digits(word) == _digits(entry.recipient),
            "keyword": lambda: word in entry.text or _has_digits(entry.recipient, word),
            "failed": lambda: entry.words(self.now())["status"] is _FAILED.get(word),
        }
        return tests.get(name, lambda: True)()

    def _place(self, known: str) -> int | None:
        """Return where a message is in the log, by its id."""
        places = (place for place, entry in enumerate(self.sent) if entry.id == known)
        return next(places, None)


def _digits(number: str) -> str:
    return re.sub("[^0-9]", "", number)


def _has_digits(number: str, word: str) -> bool:
    return bool(_NUMBER.fullmatch(word)) and _digits(word) in _digits(number)
