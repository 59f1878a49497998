"""Many sends in one event loop, in its own thread: by aiohttp, or by libcurl."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock, Thread, current_thread
from typing import TYPE_CHECKING

from smsbridge.client.bell import Bell
from smsbridge.client.logging import log_answer
from smsbridge.client.threads import SIGNAL_SECONDS
from smsbridge.http.exchange import Course, Request, Response, drive_async
from smsbridge.http.single_flight import answer_of, land_async, late
from smsbridge.text.frames import empty

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from smsbridge.backends.group_send import SentEnd
    from smsbridge.backends.limits import Limit
    from smsbridge.client.message_group import MessageGroup, Result
    from smsbridge.http.single_flight import Flights
    from smsbridge.http.transport import AsyncTransport
    from smsbridge.message import Message

_LINGER = 0.05  # seconds that the thread waits for another send before it ends
_GIVE_WAY = 0.001  # the most seconds that the loop waits for the thread that takes results
_AT_ONCE = 64  # results for which the thread that takes them is woken, if more come all the time
_LOOK_AGAIN = 0.02  # seconds until it looks for a place that another thread may have left


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What to send, when, and by what: the part of a `Client` that the driver needs.

    ``course`` returns the course of the messages of a group. ``waits`` yields the seconds to wait,
    repeatedly, until a request may leave; ``limit`` its limit, and ``semaphore`` what is held while
    it is in flight, or None; ``deadline`` when it must be answered, or raises `Broken`;
    ``transport`` returns a new carrier for the requests of a backend.
    """

    course: Callable[[Sequence[Message]], Course[Sequence[SentEnd]]]
    flights: Flights
    monotonic: Callable[[], float]
    waits: Callable[[Request], Iterator[float]]
    limit: Callable[[Request], Limit | None]
    semaphore: Callable[[Request], BoundedSemaphore | None]
    deadline: Callable[[Request, dict[str, float], float], float]
    transport: Callable[[str], AsyncTransport]


class LoopDriver:
    """Runs sends in an event loop; ``ended`` holds their results so far.

    As in `Threads`, one thread begins sends, waits for them and takes their results. If no thread
    can be started for the loop, it runs the loop itself.
    """

    def __init__(self, rules: Rules) -> None:
        """Create it without a thread."""
        self.ended: deque[Result] = deque()
        self._rules = rules
        self._loop = asyncio.SelectorEventLoop()
        self._transports: dict[str, AsyncTransport] = {}
        self._turns: dict[BoundedSemaphore, asyncio.Semaphore] = {}
        self._new: deque[tuple[MessageGroup, Lock]] = deque()
        self._flying: set[MessageGroup] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._called = self._told = self._over = self._left = False
        self._wake, self._waits = Bell(), Bell()

    # --- by the thread that begins sends

    @property
    def idle(self) -> bool:
        """Whether no send is in flight; all results are then in ``ended``."""
        return not self._flying

    def begin(self, group: MessageGroup) -> None:
        """Send a group; if an interrupt comes before it has begun, it is skipped."""
        claim = Lock()  # held by whoever decides whether it is sent
        try:
            self._flying.add(group)
            self._new.append((group, claim))
            self._call_loop()
        except BaseException:
            if claim.acquire(blocking=False):
                self.ended.extend(group.skip())
                self._flying.discard(group)
            raise

    def _call_loop(self) -> None:
        """Let the loop look at what is new; start its thread if there is none."""
        if not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._begin_new)
        self._start_thread()

    def _start_thread(self) -> Thread | None:
        """Return the thread of the loop; None if none can start."""
        with self._lock:  # it ends only where nothing is in flight
            if self._thread is not None and self._thread.ident is not None:  # it was started
                return self._thread
            # never a daemon, so that the interpreter doesn't end a call in the middle
            thread = self._thread = Thread(target=self._work, name="smsbridge", daemon=False)
        try:
            thread.start()
        except RuntimeError:  # as many as the system allows, or the interpreter is about to end
            self._thread = None
        return self._thread

    def wait(self) -> None:
        """Wait until a send may have ended; then look at ``ended`` and ``idle``."""
        if not self._flying:
            return
        if self._start_thread() is None:
            self._loop.call_later(_LINGER, self._loop.stop)
            self._loop.run_forever()
        else:
            self._waits.ring()
            self._wake.wait(SIGNAL_SECONDS)

    def close(self) -> None:
        """Wait until no send is in flight, and leave neither thread nor connection.

        The loop's own thread doesn't wait, since it would wait for itself: it closes everything
        once nothing is in flight. The garbage collector may end an abandoned iterator in any
        thread.
        """
        if current_thread() is self._thread:
            self._left = True
            return
        while not self.idle:
            self.wait()
        with self._lock:
            self._over = True
            thread = self._thread
        if thread is None and self._transports:  # it has ended, and they are of its loop
            thread = self._start_thread()
            if thread is None:
                self._work()
        elif thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
        if thread is not None and thread.ident is not None:
            thread.join()
        self._loop.close()

    # --- by the thread of the loop

    def _work(self) -> None:
        """Run the loop until it has been idle for a while, or is over."""
        while not self._over:
            self._loop.call_later(_LINGER, self._stop_if_idle)
            self._loop.run_forever()
            with self._lock:
                self._over = self._over or (self._left and not self._flying)
                if not self._over and not self._flying:
                    self._thread = None
                    return
        self._close_transports()
        if self._left:
            self._loop.close()

    def _stop_if_idle(self) -> None:
        if self._flying:
            self._loop.call_later(_LINGER, self._stop_if_idle)
        else:
            self._loop.stop()

    def _close_transports(self) -> None:
        async def close_each() -> None:
            for transport in self._transports.values():
                await transport.close()

        closing = self._loop.create_task(close_each())
        closing.add_done_callback(lambda _: self._loop.stop())
        while not closing.done():
            self._loop.run_forever()

    def _begin_new(self) -> None:
        self._called = False  # first: what is added from now on calls again
        while self._new:
            group, claim = self._new.popleft()
            if not claim.acquire(blocking=False):  # its begin was interrupted
                continue
            task = self._loop.create_task(self._run(group))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, group: MessageGroup) -> None:
        deadlines: dict[str, float] = {}

        async def sleep(seconds: float) -> None:
            deadlines.clear()  # after a pause another try begins
            await asyncio.sleep(seconds)

        ended: Sequence[SentEnd] | BaseException
        try:
            course = self._rules.course(group.messages)
            ended = await drive_async(course, lambda asked: self._carry(asked, deadlines), sleep)
        except BaseException as error:  # noqa: BLE001  (any error: no result may be lost)
            empty(error)
            ended = error
        try:
            self.ended.extend(group.results(ended))
        finally:
            self._flying.discard(group)  # in this order: in ``ended`` before ``idle`` is true
            if not self._told:
                self._told = True
                self._loop.call_soon(self._tell, 0)
        if isinstance(ended, KeyboardInterrupt):  # this is the thread of the caller
            raise ended

    def _tell(self, before: int) -> None:
        """Wake the thread that takes results, once for all that land in consecutive turns.

        Then give way until it waits again: two threads that pass Python's lock back and forth at
        each blocking call cost more than their work.
        """
        landed = len(self.ended)
        if before < landed < _AT_ONCE:
            self._loop.call_soon(self._tell, landed)
            return
        self._told = False
        if self._thread is None:  # it runs the loop itself
            self._loop.stop()
            return
        self._waits.wait(0)  # it rang for what was taken before
        self._wake.ring()
        self._waits.wait(_GIVE_WAY)

    async def _carry(self, request: Request, deadlines: dict[str, float]) -> Response:
        rules = self._rules
        asked = rules.monotonic()
        for seconds in rules.waits(request):
            await asyncio.sleep(seconds)
        async with self._place(request):
            deadline = rules.deadline(request, deadlines, asked)
            if request.share is None:
                return await self._send(request, deadline)
            flight, leads = rules.flights.board(request.share)
            if leads:
                await land_async(flight, self._send(request, deadline))
            if flight.done():
                return answer_of(flight)
            answer = asyncio.wrap_future(flight)
            await asyncio.wait([answer], timeout=max(deadline - rules.monotonic(), 0))
            if not answer.done():
                answer.add_done_callback(lambda late: late.exception())  # nobody else looks at it
                raise late()
            return answer_of(answer)

    def _place(self, request: Request) -> AbstractAsyncContextManager[object]:
        """Return what is held while a request is in flight."""
        place = self._rules.semaphore(request)
        return nullcontext() if place is None else self._hold(place, request)

    @asynccontextmanager
    async def _hold(self, place: BoundedSemaphore, request: Request) -> AsyncIterator[None]:
        limit = self._rules.limit(request)
        most = limit.in_flight if limit and limit.in_flight else 1
        async with self._turns.setdefault(place, asyncio.Semaphore(most)):
            while not place.acquire(blocking=False):  # noqa: ASYNC110  (by another thread)
                await asyncio.sleep(_LOOK_AGAIN)
            try:
                yield
            finally:
                place.release()

    async def _send(self, request: Request, deadline: float) -> Response:
        began = self._rules.monotonic()
        name = request.backend
        if name not in self._transports:
            self._transports[name] = self._rules.transport(name)
        response = await self._transports[name].send(request, deadline)
        log_answer(request, response, self._rules.monotonic() - began)
        return response
