"""What changed in a lane, numbered, for those who want to be told at once."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.http.exchange import Response

if TYPE_CHECKING:
    from threading import Condition

T = TypeVar("T")

KEPT = 1000
"""How many events are kept for a listener that comes back with the number of its last one."""

MEDIA_TYPE = "text/event-stream"
_LAST = "Last-Event-ID"
_BEAT_SECONDS = 1.0  # a client that left is noticed at the second beat
_BEAT = b": still here\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that changed: ``kind`` is a word for it, ``data`` says more."""

    number: int
    kind: str
    data: dict[str, Any]

    def as_event(self) -> bytes:
        """Return it as a server-sent event."""
        data = json.dumps(self.data, ensure_ascii=False)
        return f"id: {self.number}\nevent: {self.kind}\ndata: {data}\n\n".encode(errors="replace")


class Changes:
    """The last changes of a lane. ``changed``: holds its lock, and wakes those that wait."""

    def __init__(self, changed: Condition) -> None:
        """Begin with none."""
        self._changed = changed
        self._kept: deque[Change] = deque(maxlen=KEPT)
        self._over = False
        self.last = 0

    def add(self, kind: str, **data: Any) -> None:
        """Add a change, and wake those that wait."""
        with self._changed:
            self.last += 1
            self._kept.append(Change(number=self.last, kind=kind, data=data))
            self._changed.notify_all()

    def after(self, number: int) -> list[Change]:
        """Return the changes after one, as far as they are kept."""
        with self._changed:
            return [one for one in self._kept if one.number > number]

    @property
    def is_closed(self) -> bool:
        """Whether nothing may wait any more."""
        return self._over

    def open(self) -> None:
        """Let others wait."""
        self._over = False

    def close(self) -> None:
        """Wake all that wait; nothing may wait from now on."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def wait(self, look: Callable[[], T], seconds: float) -> T:
        """Return what ``look`` finds, at once or after a change; what it found last if time is up.

        It is called with the lock of the lane.
        """
        until = time.monotonic() + seconds
        with self._changed:
            while not (found := look()) and not self._over:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            return found


def answer_events(changes: Changes, after: int) -> Response:
    """Return the events after a number, as far as they are kept; a header has the last number.

    A number that was not given yet is from another run: its holder knows none of these.
    """
    after = after if after <= changes.last else 0
    found = changes.after(after)
    last = found[-1].number if found else after
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store", _LAST: str(last)}
    return Response(status=200, headers=headers, body=b"".join(one.as_event() for one in found))


class EventStream:
    """The server-sent events that follow an answer, until it is closed or the mock stops."""

    def __init__(self, changes: Changes, begin: Response, leave: Callable[[], None]) -> None:
        """``begin``: an answer of `answer_events`. ``leave`` is called once, at its end."""
        self._changes = changes
        self._begin = _BEAT + begin.body  # something has to leave at once, with the head
        self._after = int(begin.header(_LAST))
        self._leave = leave
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next events, or a comment that keeps the connection; it waits for them."""
        if self._begin:
            begin, self._begin = self._begin, b""
            return begin
        found = self._changes.wait(lambda: self._changes.after(self._after), _BEAT_SECONDS)
        if self._closed or (not found and self._changes.is_closed):
            raise StopIteration
        if not found:
            return _BEAT
        self._after = found[-1].number
        return b"".join(one.as_event() for one in found)

    def close(self) -> None:
        """End it."""
        if not self._closed:
            self._closed = True
            self._leave()
