"""``smsbridge send-many``: the messages of a CSV, each sent once, whatever ends the run."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.exit_codes import Exit, exit_of
from smsbridge.cli.options import chooses
from smsbridge.cli.streams import say
from smsbridge.client.send_many import CONCURRENCY, MOST, OutcomeWord
from smsbridge.errors import AuthenticationFailed, CallerError, InvalidMessage

if TYPE_CHECKING:
    from smsbridge.cli.bulk.csv_file import Sheet
    from smsbridge.cli.bulk.journal import Journal
    from smsbridge.client.send_many import Result

_EVERY_SECONDS = 10.0
_CODES = {OutcomeWord.NOT_SENT: Exit.NOT_SENT, OutcomeWord.REJECTED: Exit.REJECTED}
_STOPPING = b"smsbridge: stopping: what is in flight is waited for; again ends it at once\n"
_HELP = """Send the messages of FILE, a CSV, and write how each ended to RESULTS.

\b
FILE is UTF-8; its first line names the columns:
  recipient,text
  recipient,text,reference

Before the first message is sent, the whole file is checked. RESULTS gets one line of JSON for
each message: index, reference, recipient, outcome, id, error. RESULTS.intents beside it tells
what was about to leave.

\b
The same command goes on with what a run, however it ended, has left:
  accepted, rejected  not sent again
  not_sent            sent again: it is proved that it never left
  unknown             not sent again, unless --on-unknown resend
  in flight           becomes unknown

\b
Examples:
  smsbridge send-many may.csv --out may.jsonl
  smsbridge send-many may.csv --out may.jsonl --backend staging --concurrency 32

\b
Exit codes: 0 all accepted, else 3 an outcome is unknown, 4 authentication
failed, 5 not sent, 6 rejected; 2 refused before any I/O, 130 and 143 stopped.
"""


@click.command(name="send-many", help=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    metavar="RESULTS",
    type=click.Path(path_type=Path),
    help="Where outcomes are written; RESULTS.intents is kept beside it.",
)
@chooses
@click.option("--whatsapp", is_flag=True, help="By WhatsApp instead of SMS.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, MOST),
    default=CONCURRENCY,
    show_default=True,
    help="How many are sent at a time.",
)
@click.option(
    "--on-unknown",
    type=click.Choice(["keep", "resend"]),
    default="keep",
    show_default=True,
    help="What becomes of those whose outcome is unknown; resend may send some twice.",
)
def send_many(file: Path, out: Path, concurrency: int, **given: Any) -> None:
    """Send the messages of a CSV; the help is `_HELP`."""
    from smsbridge.cli.bulk.csv_file import BadSheet, Sheet
    from smsbridge.cli.bulk.journal import Journal, Plan
    from smsbridge.client.sync import Client
    from smsbridge.message import Channel

    backend = chosen_backend(given["backend"], given["url"])
    channel = Channel.WHATSAPP if given["whatsapp"] else Channel.SMS
    sheet = Sheet.checked(file, frozenset({channel}), backend.number)
    plan = Plan(
        sha256=sheet.sha256, rows=sheet.rows, backend=backend.name, protocol=backend.protocol
    )
    resend = given["on_unknown"] == "resend"
    try:
        with Journal(out, plan, resend=resend) as journal, Client(backend) as client:
            run = _Run(journal, sheet)
            with _signals(run), _shown(sheet.rows, journal.counts) as show:
                messages = journal.intended(sheet.messages(), concurrency, run.stopped)
                with closing(messages), closing(client.send_many(messages, concurrency)) as results:
                    for result in results:
                        run.take(result, show)
        sys.exit(run.concluded())
    except BadSheet as error:
        raise click.ClickException(f"{error}: nothing more was sent") from None
    except OSError as error:
        where = error.filename or out
        raise click.ClickException(
            f"can't write {where}: {error.strerror}. The same command goes on, once it can be"
        ) from None


class _Run:
    """What a run has come to, and why it stops before its end."""

    def __init__(self, journal: Journal, sheet: Sheet) -> None:
        self._journal = journal
        self._rows = sheet.rows
        self._failure: Exception | None = None
        self._refused: Exception | None = None
        self._signal = 0

    def stopped(self) -> bool:
        return bool(self._signal or self._refused or self._failure)

    def stop(self, number: int) -> None:
        self._signal = number

    def take(self, result: Result, show: Callable[[], None]) -> None:
        """Write a result down, and stop where no other message could end better.

        It raises nothing, so that the results of what is in flight are taken too.
        """
        error = result.error
        hopeless = isinstance(error, CallerError) and not isinstance(error, InvalidMessage)
        if hopeless or isinstance(error, AuthenticationFailed):
            self._refused = error
        try:
            self._journal.ended(result)
            with suppress(OSError):  # nobody looks any more
                show()
        except Exception as failure:  # noqa: BLE001  (raised when the run is concluded)
            self._failure = self._failure or failure

    def concluded(self) -> int:
        """Say what came of it, and return the exit code."""
        if self._failure:
            raise self._failure
        counts = self._journal.counts
        left = self._rows - sum(counts.values())
        say(_counted(counts, left))
        if self._refused:
            say(f"smsbridge: {self._refused}")
        if self.stopped() or left:
            say("smsbridge: stopped; the same command goes on with the rest")
        if self._signal:
            return 128 + self._signal
        if counts[OutcomeWord.UNKNOWN]:
            return Exit.UNKNOWN
        if self._refused:
            return exit_of(self._refused)
        return next((code for word, code in _CODES.items() if counts[word]), Exit.DONE)


@contextmanager
def _signals(run: _Run) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM stop a run gently, and the second end it at once."""

    def stop(number: int, _: object) -> None:
        run.stop(number)
        signal.signal(number, signal.SIG_DFL)
        if sys.stderr is None:  # then 2 may be a file of the run
            return
        with suppress(OSError):
            os.write(2, _STOPPING)  # click's own stream may be in the middle of a write

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _shown(rows: int, counts: Mapping[str, int]) -> Iterator[Callable[[], None]]:
    """Give what shows how far a run is: a bar on a terminal, else a line now and then."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _lines(rows, counts, time.monotonic)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("", total=rows, said="")

    def show() -> None:
        bar.update(task, completed=sum(counts.values()), said=_counted(counts, 0))

    show()
    try:
        with suppress(OSError):
            bar.start()
        yield show
    finally:
        with suppress(OSError):
            bar.stop()


def _lines(
    rows: int, counts: Mapping[str, int], monotonic: Callable[[], float]
) -> Callable[[], None]:
    said = monotonic()

    def show() -> None:
        nonlocal said
        if monotonic() - said >= _EVERY_SECONDS:
            said = monotonic()
            done = sum(counts.values())
            say(f"{done} of {rows}: {_counted(counts, 0)}")

    return show


def _counted(counts: Mapping[str, int], left: int) -> str:
    words = [f"{word} {counts[word]}" for word in OutcomeWord if counts[word]]
    return ", ".join([*words, *([f"not tried {left}"] if left else [])]) or "nothing yet"
