"""What a run over many messages writes down: each intent before it leaves, each outcome after.

RESULTS has one line for each message whose end is known; RESULTS.intents beside it tells what was
about to leave. Together they say, whatever ended a run, what must not go again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Self

from smsbridge.cli.attempt_json import attempt_of
from smsbridge.cli.bulk.journal_lines import (
    DIED,
    END,
    NAMELESS,
    Known,
    Line,
    intent_line,
    over_line,
    unknown_line,
)
from smsbridge.cli.bulk.jsonl import Lines, refuse_special, thinned
from smsbridge.client.send_many import OutcomeWord, Result
from smsbridge.errors import (
    Attempt,
    AuthenticationFailed,
    CallerError,
    OutcomeUnknown,
    SendError,
)
from smsbridge.message import Message, fingerprint

_VERSION = 1
_SYNC_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be sent: ``rows`` messages of the CSV with that hash, by one backend."""

    sha256: str
    rows: int
    backend: str
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run has left for a look at the provider's log.

    ``unknown``: each line whose outcome is unknown, with the attempt that it is of; what was in
    flight when a run died is among them. ``ids``: the provider's, of what it accepted. ``others``:
    attempts that may be in the log too, without an id that is known: of what was accepted without
    one, and of what was sent again while it was unknown.
    """

    unknown: list[tuple[Line, Attempt]]
    ids: set[str]
    others: list[Attempt]


class Journal:
    """The two files of a run, held by one process.

    Opening them takes up what an earlier run left: what was in flight gets the outcome unknown,
    what was not sent goes again; with ``resend``, so does what is unknown. Raises `CallerError`
    where they belong to another CSV or are in use, and `OSError` where they can't be written.
    """

    def __init__(
        self,
        results: Path,
        plan: Plan,
        *,
        resend: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open or make the files; see the class for the arguments."""
        self._plan, self._now, self._monotonic = plan, now, monotonic
        self._flying: dict[str, int] = {}
        path = results.resolve()
        with ExitStack() as stack:
            self._intents = stack.enter_context(closing(_held(path)))
            lines = self._intents.read()
            header = next(lines, None)
            self._results = _results(path, fresh=header is None)
            stack.callback(lambda: self._results.close())  # noqa: PLW0108  (it may be another by then)
            self._begin(header)
            self._known = Known.of(plan.rows, self._results, lines)
            self._again(resend=resend)
            self._died(resend=resend)
            stack.pop_all()
        words = (self._known.word(index) for index in range(plan.rows))
        self.counts = Counter(word for word in words if word)
        self._synced = monotonic()

    def _begin(self, header: Line | None) -> None:
        plan = self._plan
        if header is None:
            more = {"backend": plan.backend, "protocol": plan.protocol}
            begun = {"version": _VERSION, "sha256": plan.sha256, "rows": plan.rows, **more}
            self._intents.append([begun], sync=True)
        elif header.get("version") != _VERSION:
            raise CallerError(f"{self._intents.path} is of another version of smsbridge")
        elif (header.get("sha256"), header.get("rows")) != (plan.sha256, plan.rows):
            raise CallerError(
                f"{self._intents.path} was begun with another CSV: give the same one, unchanged, "
                "or another --out"
            )

    def _again(self, *, resend: bool) -> None:
        """Take out the lines of what goes again: first their attempts are over, then they go."""
        known = self._known
        words = {OutcomeWord.NOT_SENT, *([OutcomeWord.UNKNOWN] if resend else [])}
        goes = bytearray(
            known.word(index) in words
            or (known.word(index) == OutcomeWord.REJECTED and known.over[index])
            for index in range(self._plan.rows)
        )
        if not any(goes):
            return
        over = (over_line(index, known.word(index)) for index, gone in enumerate(goes) if gone)
        self._intents.append(over, sync=True)
        self._results.close()
        thinned(self._results.path, lambda line: not goes[line["index"]])
        self._results = Lines(self._results.path)
        for index, gone in enumerate(goes):
            if gone:
                known.ends[index] = 0

    def _died(self, *, resend: bool) -> None:
        """Give an end to what was in flight when an earlier run died."""
        attempts = self._known.attempts
        if resend:
            self._intents.append((over_line(index, DIED) for index in attempts), sync=True)
        else:
            self._results.append(map(unknown_line, attempts.values()), sync=True)
            for index in attempts:
                self._known.ends[index] = END[OutcomeWord.UNKNOWN]
        attempts.clear()

    def intended(
        self, messages: Iterable[tuple[int, Message]], most: int, stopped: Callable[[], bool]
    ) -> Generator[Message, None, None]:
        """Yield the messages that have no end yet, each when its intent is on the disk.

        No more than ``most`` are without an end at any time, so that one wait for the disk covers
        all that have room. ``stopped`` is asked before each.
        """
        waiting = ((i, message) for i, message in messages if not self._known.ends[i])
        while not stopped() and (group := list(islice(waiting, most - len(self._flying)))):
            self._intents.append([self._intent(i, message) for i, message in group], sync=True)
            group.reverse()
            try:
                while group and not stopped():
                    index, message = group.pop()
                    self._flying[message.reference] = index
                    yield message
            finally:
                if group:
                    self._intents.append([over_line(i, "not started") for i, _ in group])

    def ended(self, result: Result) -> None:
        """Write down how the send of a message ended."""
        index = self._flying.pop(result.reference)
        submission, error = result.submission, result.error
        line = {
            "index": index,
            "reference": result.reference,
            "recipient": result.recipient,
            "outcome": result.outcome,
            "id": submission.id if submission else None,
            "error": error.why if isinstance(error, SendError) else error and str(error),
        }
        self._results.append([line])
        self.counts[result.outcome] += 1
        self._known.ends[index] = END[result.outcome]
        if isinstance(error, AuthenticationFailed):
            self._intents.append([over_line(index, "the credentials were refused")])
        elif isinstance(error, OutcomeUnknown):  # it may have left later, and by another part
            self._intents.append([intent_line(index, result.recipient, error.attempt)])
        elif submission and not submission.id:
            self._intents.append([intent_line(index, result.recipient, submission.attempt)])
        if self._monotonic() - self._synced >= _SYNC_SECONDS:
            self._results.sync()
            self._synced = self._monotonic()

    def _intent(self, index: int, message: Message) -> Line:
        attempt = Attempt(
            backend=self._plan.backend,
            protocol=self._plan.protocol,
            reference=message.reference,
            started=self._now(),
            fingerprint=fingerprint(message.recipient, message.text),
        )
        return intent_line(index, message.recipient, attempt)

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write everything to the disk, and give the files free."""
        try:
            self._results.sync()
        finally:
            self._results.close()
            self._intents.close()


def found_in(results: Path) -> Found:
    """Return what a run has left. Raises `CallerError` while one goes on."""
    path = results.resolve()
    unknown: list[tuple[Line, Attempt]] = []
    ids: set[str] = set()
    with closing(Lines(beside(path)).alone()) as intents, closing(Lines(path)) as ended:
        lines = intents.read()
        rows = (next(lines, None) or {}).get("rows")
        if not isinstance(rows, int):
            raise CallerError(f"{intents.path} has no header that smsbridge wrote")
        known = Known.of(rows, ended, lines, {END[OutcomeWord.UNKNOWN], NAMELESS})
        attempts = known.attempts
        others = [attempts.pop(i) for i in list(attempts) if known.ends[i] == NAMELESS]
        others += known.replaced(intents.read)
        for line in ended.read():
            if line["outcome"] == OutcomeWord.UNKNOWN and (of := attempts.pop(line["index"], None)):
                unknown.append((line, attempt_of(of)))
            elif line["outcome"] == OutcomeWord.ACCEPTED and line.get("id"):
                ids.add(line["id"])
        unknown += [(unknown_line(of), attempt_of(of)) for of in attempts.values()]
    return Found(unknown=unknown, ids=ids, others=[attempt_of(line) for line in others])


def settle(results: Path, accepted: Iterable[tuple[Line, str]]) -> None:
    """Write down which unknown messages were accepted after all, each with its id, empty if none.

    Their lines are of `found_in`. The file is replaced once. Raises `CallerError` while a run
    goes on; and, when the others are written, if one has an outcome by now.
    """
    path = results.resolve()
    new = {
        line["index"]: {**line, "outcome": OutcomeWord.ACCEPTED, "id": id_ or None, "error": None}
        for line, id_ in accepted
    }
    with closing(Lines(beside(path)).alone()), closing(Lines(path)) as ended:
        now = {
            line["index"]: line["outcome"]
            for line in ended.read()
            if line["index"] in new and line["outcome"] != OutcomeWord.UNKNOWN
        }
        ended.close()
        fresh = {index: line for index, line in new.items() if index not in now}
        if fresh:
            thinned(path, lambda line: line["index"] not in fresh, fresh.values())
    if now:
        are = ", ".join(f"index {index} is {word}" for index, word in now.items())
        raise CallerError(f"{path}: {are} by now")


def beside(results: Path) -> Path:
    """Return where the intents of a run stand."""
    return results.with_name(f"{results.name}.intents")


def _held(results: Path) -> Lines:
    """Return the intents, held by this process alone; they are made if there is nothing yet."""
    intents = beside(results)
    refuse_special(results)
    if not intents.exists():
        _refuse_foreign(results)
    return Lines(intents, create=True).alone()


def _results(path: Path, *, fresh: bool) -> Lines:
    if not fresh and not path.exists():
        raise CallerError(
            f"{path} is gone, but {beside(path).name} says that its run was begun: "
            "put it back, or give another --out"
        )
    if fresh:
        _refuse_foreign(path)
    return Lines(path, create=fresh)


def _refuse_foreign(path: Path) -> None:
    if path.exists() and path.stat().st_size:
        raise CallerError(f"{path} is there, and is not the result of a run: give another --out")
