"""The files of a run over many messages: each intent before its message leaves, each outcome after.

RESULTS has one line for each message whose end is known; RESULTS.intents beside it has the messages
that were about to leave. Together they say which messages must not be sent again, however a run
ended.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self

from smsbridge.cli.bulk.at_hand import AtHand
from smsbridge.cli.bulk.journal_lines import (
    DIED,
    END,
    NAMELESS,
    Line,
    RowStates,
    intent_line,
    over_line,
    unknown_line,
)
from smsbridge.cli.bulk.jsonl import Lines, refuse_special, rewrite
from smsbridge.client.attempt_json import attempt_of
from smsbridge.client.message_group import Result
from smsbridge.errors import (
    Attempt,
    AuthenticationFailed,
    CallerError,
    Outcome,
    OutcomeUnknown,
    SendError,
)
from smsbridge.message import Message, fingerprint

_VERSION = 1
_SYNC_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is to be sent: ``rows`` messages of the CSV with that hash, by one backend.

    ``layout`` is what its options say of how the CSV is read, where that is not the usual.
    """

    sha256: str
    rows: int
    backend: str
    protocol: str
    layout: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """What a run has left to look up in the provider's log.

    ``unknown``: each line whose outcome is unknown, with its attempt; what was in flight when a run
    died is among them. ``ids``: the provider's, of what it accepted. ``others``: attempts that may
    be in the log too, without an id that is known: of what was accepted without one, and of what
    was sent again while it was unknown.
    """

    unknown: list[tuple[Line, Attempt]]
    ids: set[str]
    others: list[Attempt]


class Journal:
    """The two files of a run, held by one process.

    Opening them continues an earlier run: messages that were in flight become unknown, those not
    sent are sent again, and with ``resend`` so are the unknown ones. Raises `CallerError` if they
    belong to another CSV or are in use, and `OSError` if they can't be written.
    """

    def __init__(
        self,
        results: Path,
        batch: Batch,
        *,
        resend: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open or make the files; see the class for the arguments."""
        self._batch, self._now, self._monotonic = batch, now, monotonic
        self._flying: dict[str, int] = {}
        path = results.resolve()
        with ExitStack() as stack:
            self._intents = stack.enter_context(closing(_open_intents(path)))
            lines = self._intents.read()
            header = next(lines, None)
            self._results = _open_results(path, fresh=header is None)
            stack.callback(lambda: self._results.close())  # noqa: PLW0108  (it may be replaced by then)
            self._begin(header)
            self._states = RowStates.of(batch.rows, self._results, lines)
            self._drop_resent(resend=resend)
            self._end_interrupted(resend=resend)
            stack.pop_all()
        words = (self._states.word(index) for index in range(batch.rows))
        self.counts = Counter(word for word in words if word)
        self._synced = monotonic()

    def _begin(self, header: Line | None) -> None:
        batch = self._batch
        if header is None:
            more = {"backend": batch.backend, "protocol": batch.protocol}
            begun = {"version": _VERSION, "sha256": batch.sha256, "rows": batch.rows, **more}
            begun |= {"layout": batch.layout} if batch.layout else {}
            self._intents.append([begun], sync=True)
        elif header.get("version") != _VERSION:
            raise CallerError(f"{self._intents.path} was written by another version of smsbridge")
        elif header.get("sha256") == batch.sha256 and header.get("layout", {}) != batch.layout:
            raise CallerError(
                f"{self._intents.path} was started with another --delimiter, --encoding or --map: "
                "give the same ones, or another --out"
            )
        elif (header.get("sha256"), header.get("rows")) != (batch.sha256, batch.rows):
            raise CallerError(
                f"{self._intents.path} was started with another CSV: give the same one, unchanged, "
                "or another --out"
            )

    def _drop_resent(self, *, resend: bool) -> None:
        """Remove the lines of messages that go again, once their attempts are marked as over."""
        states = self._states
        words = {Outcome.NOT_SENT, *([Outcome.UNKNOWN] if resend else [])}
        goes = bytearray(
            states.word(index) in words
            or (states.word(index) == Outcome.REJECTED and states.over[index])
            for index in range(self._batch.rows)
        )
        if not any(goes):
            return
        over = (over_line(index, states.word(index)) for index, gone in enumerate(goes) if gone)
        self._intents.append(over, sync=True)
        self._results.close()
        rewrite(self._results.path, lambda line: not goes[line["index"]])
        self._results = Lines(self._results.path)
        for index, gone in enumerate(goes):
            if gone:
                states.ends[index] = 0

    def _end_interrupted(self, *, resend: bool) -> None:
        """Record messages that were in flight when an earlier run died as unknown."""
        attempts = self._states.attempts
        if resend:
            self._intents.append((over_line(index, DIED) for index in attempts), sync=True)
        else:
            self._results.append(map(unknown_line, attempts.values()), sync=True)
            for index in attempts:
                self._states.ends[index] = END[Outcome.UNKNOWN]
        attempts.clear()

    def to_send(
        self, messages: Iterable[tuple[int, Message]], most: int, stopped: Callable[[], bool]
    ) -> AtHand[Message]:
        """Yield the messages that have no end yet, each when its intent is on the disk.

        At most ``most`` are without an end at any time; one fsync covers all that may start, which
        are then ready. ``stopped`` is asked before each.
        """
        group: list[tuple[int, Message]] = []
        return AtHand(self._to_send(messages, most, stopped, group), group)

    def _to_send(
        self,
        messages: Iterable[tuple[int, Message]],
        most: int,
        stopped: Callable[[], bool],
        group: list[tuple[int, Message]],
    ) -> Generator[Message, None, None]:
        waiting = ((i, message) for i, message in messages if not self._states.ends[i])
        while not stopped():
            group[:] = islice(waiting, most - len(self._flying))
            if not group:
                return
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

    def record(self, result: Result) -> None:
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
        self._states.ends[index] = END[result.outcome]
        if isinstance(error, AuthenticationFailed):
            self._intents.append([over_line(index, "the credentials were refused")])
        elif isinstance(error, OutcomeUnknown):  # it may have left later, and by another part
            self._intents.append([intent_line(index, result.recipient, error.attempt)])
        elif submission and (not submission.id or submission.attempt.via):  # who took it
            self._intents.append([intent_line(index, result.recipient, submission.attempt)])
        if self._monotonic() - self._synced >= _SYNC_SECONDS:
            self._results.sync()
            self._synced = self._monotonic()

    def _intent(self, index: int, message: Message) -> Line:
        attempt = Attempt(
            backend=self._batch.backend,
            protocol=self._batch.protocol,
            reference=message.reference,
            started=self._now(),
            fingerprint=fingerprint(message.recipient, message.text),
        )
        return intent_line(index, message.recipient, attempt)

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write everything to the disk, and release the files."""
        try:
            self._results.sync()
        finally:
            self._results.close()
            self._intents.close()


def read_unresolved(results: Path) -> Unresolved:
    """Return what a run has left. Raises `CallerError` while a run is active."""
    path = results.resolve()
    unknown: list[tuple[Line, Attempt]] = []
    ids: set[str] = set()
    with closing(Lines(beside(path)).lock()) as intents, closing(Lines(path)) as ended:
        lines = intents.read()
        rows = (next(lines, None) or {}).get("rows")
        if not isinstance(rows, int):
            raise CallerError(f"{intents.path} has no header written by smsbridge")
        states = RowStates.of(rows, ended, lines, {END[Outcome.UNKNOWN], NAMELESS})
        attempts = states.attempts
        others = [attempts.pop(i) for i in list(attempts) if states.ends[i] == NAMELESS]
        others += states.other_attempts(intents.read)
        for line in ended.read():
            if line["outcome"] == Outcome.UNKNOWN and (of := attempts.pop(line["index"], None)):
                unknown.append((line, attempt_of(of)))
            elif line["outcome"] == Outcome.ACCEPTED and line.get("id"):
                ids.add(line["id"])
        unknown += [(unknown_line(of), attempt_of(of)) for of in attempts.values()]
    return Unresolved(unknown=unknown, ids=ids, others=[attempt_of(line) for line in others])


def settle(results: Path, accepted: Iterable[tuple[Line, str]]) -> None:
    """Write down which unknown messages were accepted after all, each with its id, empty if none.

    Their lines are those of `read_unresolved`. The file is replaced once. Raises `CallerError`
    while a run is active, and, after writing the others, if one already has an outcome.
    """
    path = results.resolve()
    new = {
        line["index"]: {**line, "outcome": Outcome.ACCEPTED, "id": id_ or None, "error": None}
        for line, id_ in accepted
    }
    with closing(Lines(beside(path)).lock()), closing(Lines(path)) as ended:
        now = {
            line["index"]: line["outcome"]
            for line in ended.read()
            if line["index"] in new and line["outcome"] != Outcome.UNKNOWN
        }
        ended.close()
        fresh = {index: line for index, line in new.items() if index not in now}
        if fresh:
            rewrite(path, lambda line: line["index"] not in fresh, fresh.values())
    if now:
        are = ", ".join(f"index {index} is {word}" for index, word in now.items())
        raise CallerError(f"{path}: {are} already")


def beside(results: Path) -> Path:
    """Return the path of the intents of a run."""
    return results.parent / f"{results.name}.intents"  # with_name refuses a folder, such as "."


def _open_intents(results: Path) -> Lines:
    """Return the intents, held by this process alone; they are created if there are none yet."""
    intents = beside(results)
    refuse_special(results)
    if not intents.exists():
        _refuse_foreign(results)
    return Lines(intents, create=True).lock()


def _open_results(path: Path, *, fresh: bool) -> Lines:
    if not fresh and not path.exists():
        raise CallerError(
            f"{path} is gone, but {beside(path).name} says that its run was started: "
            "put it back, or give another --out"
        )
    if fresh:
        _refuse_foreign(path)
    return Lines(path, create=fresh)


def _refuse_foreign(path: Path) -> None:
    if path.exists() and path.stat().st_size:
        raise CallerError(f"{path} exists, but is not the result of a run: give another --out")
