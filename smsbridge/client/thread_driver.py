"""Sends in threads: what `send_many` uses if no event loop can keep its sends in flight."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from smsbridge.client.threads import Threads

if TYPE_CHECKING:
    from smsbridge.client.message_group import MessageGroup, Result, SendTogether


class ThreadDriver:
    """Sends in threads, each message, or group of messages, in one of them."""

    def __init__(self, send: SendTogether) -> None:
        """Create it without a thread."""
        self._send = send
        self._threads: Threads[Result] = Threads()
        self._interrupt: KeyboardInterrupt | None = None
        self.ended = self._threads.ended

    @property
    def idle(self) -> bool:
        """Whether no send is in flight; all results are then in ``ended``."""
        return self._threads.idle

    def begin(self, group: MessageGroup) -> None:
        """Send a group; if an interrupt comes before it has begun, it is skipped."""
        self._threads.begin(partial(self._run, group), group.skip)
        if self._interrupt is not None:
            raise self._interrupt

    def _run(self, group: MessageGroup) -> Sequence[Result]:
        try:
            return group.results(self._send(group.messages))
        except KeyboardInterrupt as error:  # this is the thread of the caller
            self._interrupt = error
            return group.results(error)
        except BaseException as error:  # noqa: BLE001  (any error: no result may be lost)
            return group.results(error)

    def wait(self) -> None:
        """Wait until a send may have ended; then look at ``ended`` and ``idle``."""
        self._threads.wait()

    def close(self) -> None:
        """Wait until no send is in flight and no thread is left."""
        self._threads.close()
