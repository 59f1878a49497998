"""Sends many messages by a driver, and yields a result for each as it ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from operator import length_hint
from typing import TYPE_CHECKING, Protocol

from smsbridge.client.message_group import (
    MakeAttempt,
    MessageGroup,
    OneOfMany,
    Result,
    groups_of,
)
from smsbridge.errors import InvalidMessage
from smsbridge.message import Message, show_value

if TYPE_CHECKING:
    from collections import deque

CONCURRENCY = 8
MOST = 1000


class Driver(Protocol):
    """What makes sends: threads, or an event loop.

    One thread begins sends, waits for them and takes their results.
    """

    ended: deque[Result]

    @property
    def idle(self) -> bool:
        """Whether no send is in flight; all results are then in ``ended``."""

    def begin(self, group: MessageGroup) -> None:
        """Send a group; if an interrupt comes before it has begun, it is skipped."""

    def wait(self) -> None:
        """Wait until a send may have ended; then look at ``ended`` and ``idle``."""

    def close(self) -> None:
        """Wait until no send is in flight, and leave neither thread nor connection."""


def send_by(
    driver: Callable[[], Driver],
    messages: Iterable[Message],
    concurrency: int,
    attempt: MakeAttempt,
    together: int = 1,
) -> Generator[Result, None, None]:
    """Send up to ``concurrency`` at once by a driver, and yield each result as it comes.

    One call sends up to ``together`` of the messages that are ready: as many as the iterator's
    ``__length_hint__`` says, which a list's iterator has. Without one, messages are taken one at a
    time, since the iterator may wait for something before it yields the next.
    """
    most = check_concurrency(concurrency)
    refuse_single(messages, Iterable)
    return _Many(iter(messages), most, attempt, together).results(driver)


class _Many:
    """Messages taken and results yielded, whatever makes the sends."""

    def __init__(
        self, messages: Iterator[Message], most: int, attempt: MakeAttempt, together: int
    ) -> None:
        self._messages, self._most, self._attempt = messages, most, attempt
        self._together = together
        self._taken = self._out = 0
        self._more = True
        self._failure: BaseException | None = None

    def results(self, make_driver: Callable[[], Driver]) -> Generator[Result, None, None]:
        driver = make_driver()
        try:
            # in this order: a result is in ``ended`` before ``idle`` is true
            while self._more or not driver.idle or driver.ended:
                try:
                    if driver.ended:
                        result = driver.ended[0]
                        del driver.ended[0]  # no call here: no interrupt before the yield
                        self._out -= 1
                        yield result
                    elif self._more and self._out < self._most:
                        self._begin(driver)
                    else:
                        driver.wait()
                except (Exception, KeyboardInterrupt, SystemExit) as error:
                    if self._failure is not None:
                        raise
                    self._more, self._failure = False, error  # raised after what is in flight
        finally:
            driver.close()
        if self._failure is not None:
            raise self._failure

    def _begin(self, driver: Driver) -> None:
        """Take a message, with as many ready ones as there is room for, and begin their sends."""
        taken: list[OneOfMany] = []
        try:
            while (one := self._take()) is not None:
                taken.append(one)
                alone = self._together == 1 or self._out >= self._most
                if alone or not length_hint(self._messages):
                    break
        except (KeyboardInterrupt, SystemExit):
            driver.ended.extend(one.skip() for one in taken)
            raise
        except Exception:  # what was taken before it is sent
            self._begin_groups(driver, taken)
            raise
        self._begin_groups(driver, taken)

    def _begin_groups(self, driver: Driver, taken: list[OneOfMany]) -> None:
        left = list(groups_of(taken, self._together))
        try:
            while left:
                driver.begin(left.pop(0))
        except BaseException:
            driver.ended.extend(result for group in left for result in group.skip())
            raise

    def _take(self) -> OneOfMany | None:
        try:
            message = check_message(next(self._messages), self._taken)
        except StopIteration:
            self._more = False
            return None
        one = OneOfMany(index=self._taken, message=message, attempt=self._attempt)
        self._taken, self._out = self._taken + 1, self._out + 1
        return one


def check_concurrency(concurrency: int) -> int:
    """Return how many may be in flight at once; refuse any other value."""
    whole = isinstance(concurrency, int) and not isinstance(concurrency, bool)
    if not whole or not 1 <= concurrency <= MOST:
        raise InvalidMessage(
            f"concurrency {show_value(concurrency)}: give a whole number from 1 to {MOST}"
        )
    return concurrency


def refuse_single(given: object, *several: type) -> None:
    """Refuse what is of none of the given types; an old-style sequence has only ``__getitem__``."""
    if not isinstance(given, several) and not hasattr(type(given), "__getitem__"):
        raise InvalidMessage(
            f"messages: give several, such as a list, not a {type(given).__name__}"
        )


def check_message(given: object, index: int) -> Message:
    """Return one of the messages; refuse anything else by its place."""
    if not isinstance(given, Message):
        raise InvalidMessage(f"number {index} of the messages is a {type(given).__name__}")
    return given
