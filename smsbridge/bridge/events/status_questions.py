"""Which messages to poll the status of, and when: less often as they age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from smsbridge.bridge.events.reports import member_of
from smsbridge.bridge.store.store_tables import MESSAGES
from smsbridge.bridge.store.stored_message import State, StoredMessage

if TYPE_CHECKING:
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.message import Status

LAST_SECONDS = 3 * 86_400.0
"""How long after its acceptance a message is polled."""
MOST_WAIT = 3600.0
_MARGIN = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRule:
    """How a block is polled. ``routes``: the names in ``to`` of doors that send through it.

    ``wait``: the least seconds between two polls of a message. ``ends``: the final statuses, after
    which polling stops.
    """

    routes: frozenset[str]
    wait: float
    ends: frozenset[Status]


@dataclass(slots=True)
class StatusQuestions:
    """The accepted messages of a store whose status is polled: ``due`` is the next time.

    ``rules``: by block name.
    """

    store: MessageStore
    rules: Mapping[str, StatusRule]
    _begun: float | None = None

    def begin(self) -> int:
        """Start polling messages accepted since the last call; return how many."""
        now = self.store.now()
        if self._begun is None or now < self._begun:
            self._hasten(now)  # the clock may have been set back
        since = max(now - LAST_SECONDS, (self._begun or 0.0) - _MARGIN)
        count = sum(self._begin(rule, since, now + rule.wait) for rule in self.rules.values())
        self._begun = now
        return count

    def _hasten(self, now: float) -> None:
        """Make due now what is due later than a poll can be scheduled."""
        most = max(MOST_WAIT, *(rule.wait for rule in self.rules.values()))
        late = (MESSAGES.c.state == State.ACCEPTED, MESSAGES.c.due > now + most)
        with self.store.database.read() as connection:
            if connection.execute(select(MESSAGES.c.seq).where(*late).limit(1)).first() is None:
                return
        change = update(MESSAGES).where(*late).values(due=now)
        self.store.database.commit("questions", lambda connection: connection.execute(change))

    def _begin(self, rule: StatusRule, since: float, due: float) -> int:
        new = (
            MESSAGES.c.state == State.ACCEPTED,
            MESSAGES.c.changed_at >= since,
            MESSAGES.c.backend.in_(rule.routes),
            MESSAGES.c.provider_id.is_not(None),
            MESSAGES.c.due.is_(None),
            or_(MESSAGES.c.status.is_(None), MESSAGES.c.status.not_in(rule.ends)),
        )
        asked = select(MESSAGES.c.seq).where(*new).limit(1)
        with self.store.database.read() as connection:
            if connection.execute(asked).first() is None:
                return 0
        change = update(MESSAGES).where(*new).values(due=due)
        return self.store.database.commit(
            "questions", lambda connection: connection.execute(change).rowcount
        )

    def next(self) -> StoredMessage | None:
        """Return the next message to poll now, or None."""
        due = (MESSAGES.c.state == State.ACCEPTED, MESSAGES.c.due <= self.store.now())
        asked = select(MESSAGES).where(*due).order_by(MESSAGES.c.due, MESSAGES.c.seq).limit(1)
        with self.store.database.read() as connection:
            row = connection.execute(asked).mappings().first()
        return StoredMessage.of_row(row) if row is not None else None

    def claim(self, message: StoredMessage) -> bool:
        """Schedule a message's next poll; return whether to poll it now.

        That is False if another process was faster.
        """
        rule = self.rules.get(member_of(message))
        is_open = rule is not None and message.status not in rule.ends
        change = update(MESSAGES).where(
            MESSAGES.c.seq == message.seq, MESSAGES.c.due == message.due
        )
        due = self._again(message, rule) if rule and is_open else None
        claimed = self.store.database.commit(
            "question", lambda connection: connection.execute(change.values(due=due)).rowcount == 1
        )
        return claimed and is_open

    def _again(self, message: StoredMessage, rule: StatusRule) -> float | None:
        now = self.store.now()
        age = now - message.changed_at
        wait = max(rule.wait, min(age / 2, MOST_WAIT))
        return now + wait if age + wait <= LAST_SECONDS else None
