"""What a client remembers of its sends: which ids are whose, and what else may have been taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from smsbridge.errors import Attempt

_MOST = 10_000


class SendHistory:
    """The last sends, each with its id if known. It is only appended to: threads share it."""

    def __init__(self) -> None:
        """Create it empty."""
        self._sends: deque[tuple[str | None, Attempt]] = deque()
        self.forgotten: datetime | None = None

    def add(self, known: str | None, attempt: Attempt) -> None:
        """Keep a send that was accepted, or may have been (then ``known`` is None).

        Beyond 10,000 the oldest is forgotten; ``forgotten`` is then when it started.
        """
        self._sends.append((known, attempt))
        if len(self._sends) > _MOST:
            with suppress(IndexError):  # another thread forgot it
                _, oldest = self._sends.popleft()
                self.forgotten = max(self.forgotten or oldest.started, oldest.started)

    def ids(self, but: Attempt) -> Iterator[str]:
        """Yield the ids that belong to other attempts."""
        yield from (known for known, of in list(self._sends) if known is not None and of != but)

    def open(self) -> Iterator[Attempt]:
        """Yield the attempts of which no id is known: a row of the log may be theirs."""
        sends = list(self._sends)
        settled = {of for known, of in sends if known is not None}
        yield from (of for known, of in sends if known is None and of not in settled)
