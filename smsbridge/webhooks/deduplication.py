"""Remembers seen events: a provider delivers at least once, a function must be called once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Collection
from enum import StrEnum
from typing import Any, Protocol

from smsbridge.webhooks.events import Event, MessageReceived, MessageReported

_MOST = 10_000


class Claim(StrEnum):
    """What the memory says when an event comes in.

    >>> from smsbridge.webhooks import Memory
    >>> memory = Memory()
    >>> memory.claim(["a key"]), memory.claim(["a key"])
    (<Claim.NEW: 'new'>, <Claim.BUSY: 'busy'>)
    """

    NEW = "new"
    BUSY = "busy"
    DONE = "done"


class Seen(Protocol):
    """A memory of events. Its three methods are called from several threads.

    An event has keys, each of 64 hex digits; they hold no number and no text. If you keep them in a
    database, let a claim that was neither kept nor released expire: its process died.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.webhooks import Claim, Receiver
    >>> class Nothing:
    ...     def claim(self, keys):
    ...         return Claim.NEW
    ...     def keep(self, keys):
    ...         pass
    ...     def release(self, keys):
    ...         pass
    >>> receiver = Receiver(SMSMobileAPI, secrets=["SECRET"], seen=Nothing())
    """

    def claim(self, keys: Collection[str]) -> Claim:
        """Return ``done`` or ``busy`` if a key is that; else claim all, and return ``new``."""

    def keep(self, keys: Collection[str]) -> None:
        """Turn a claim into ``done``: the function has returned."""

    def release(self, keys: Collection[str]) -> None:
        """Forget a claim: the function has failed, and the event may come again."""


class Memory:
    """Remembers the last events of this process, 10,000 by default; safe across threads.

    >>> from smsbridge.webhooks import Memory
    >>> memory = Memory(most=100)
    >>> memory.claim(["a key"])
    <Claim.NEW: 'new'>
    >>> memory.keep(["a key"])
    >>> memory.claim(["a key"])
    <Claim.DONE: 'done'>
    """

    def __init__(self, most: int = _MOST) -> None:
        """``most``: how many events."""
        self._most = most
        self._busy: set[str] = set()
        self._done: set[str] = set()
        self._order: deque[frozenset[str]] = deque()
        self._lock = threading.Lock()

    def claim(self, keys: Collection[str]) -> Claim:
        """See `Seen.claim`."""
        with self._lock:
            if not self._done.isdisjoint(keys):
                return Claim.DONE
            if not self._busy.isdisjoint(keys):
                return Claim.BUSY
            self._busy.update(keys)
            return Claim.NEW

    def keep(self, keys: Collection[str]) -> None:
        """See `Seen.keep`."""
        with self._lock:
            self._busy.difference_update(keys)
            self._done.update(keys)
            self._order.append(frozenset(keys))
            while len(self._order) > self._most:
                self._done -= self._order.popleft()

    def release(self, keys: Collection[str]) -> None:
        """See `Seen.release`."""
        with self._lock:
            self._busy.difference_update(keys)


def keys_of(event: Event) -> frozenset[str]:
    """Return the keys of an event: two that share one are the same event.

    An event has a key of its id; a message that came in has one of the message's id too, whatever
    the version of the webhook. A report without an id has a key made of what it says: the
    message and the provider's words. Any other event with neither gets a key of type, time and
    data, if it has a time: two events of a provider that tells them apart may say the same. Headers
    don't count, since they aren't signed.
    """
    keys: list[tuple[Any, ...]] = []
    if event.id is not None:
        keys.append(("id", event.id))
    if isinstance(event, MessageReceived) and (event.message.id or "").strip():
        keys.append(("message", event.message.id))
    if isinstance(event, MessageReported) and not keys:
        told = event.message
        names = (told.id, told.reference, told.recipient)
        keys.append(("report", event.type, *names, told.provider_status, told.error))
    if not keys and event.occurred_at is not None:
        keys.append(("content", event.type, event.occurred_at.isoformat(), event.data))
    return frozenset(map(_digest, keys))


def _digest(key: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
