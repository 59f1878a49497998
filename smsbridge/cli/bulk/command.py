"""``smsbridge send-many``: the messages of a CSV, each sent once, whatever ends the run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.bulk.layout import Layout, take_delimiter, take_encoding, take_map
from smsbridge.cli.bulk.progress import show_progress, summary
from smsbridge.cli.exit_codes import EXIT_OF, Exit, exit_of
from smsbridge.cli.options import backend_options, choose_backend, same_backend
from smsbridge.cli.output import printable
from smsbridge.cli.signals import stop_gently
from smsbridge.cli.streams import say
from smsbridge.client.send_many import CONCURRENCY, MOST
from smsbridge.errors import AuthenticationFailed, CallerError, InvalidMessage, Outcome

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.cli.bulk.csv_file import Sheet
    from smsbridge.cli.bulk.journal import Journal
    from smsbridge.client.message_group import Result

_STOPPING = b"smsbridge: stopping when what is in flight has ended; a second signal stops at once\n"
_HELP = """Send the messages in FILE, a CSV, and write the outcome of each to RESULTS.

\b
The first line of FILE names the columns, in any case:
  recipient,text
  recipient,text,reference,sender

FILE is UTF-8, unless its byte order mark or --encoding says otherwise. --map names the column of
a field that has another name; columns that hold no field are then left out.

The whole file is checked before the first message is sent. RESULTS gets one line of JSON for
each message: index, reference, recipient, outcome, id, error. RESULTS.intents, beside it, says
what was about to be sent.

\b
However a run ended, the same command continues with the rest:
  accepted, rejected  not sent again
  not_sent            sent again: it is proved that nothing was taken
  unknown             not sent again, unless --on-unknown resend
  in flight           becomes unknown

\b
Examples:
  smsbridge send-many may.csv --out may.jsonl
  smsbridge send-many may.csv --out may.jsonl --backend staging --concurrency 32
  smsbridge send-many may.csv --check --delimiter ';' --encoding windows-1252 \\
    --map recipient=Telefon --map text=Nachricht

\b
Exit codes: 0 all accepted; else 3 an outcome is unknown, 4 authentication
failed, 5 not sent, 6 rejected; 2 refused before any I/O; 130 or 143 stopped.
"""


@click.command(name="send-many", help=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    metavar="RESULTS",
    type=click.Path(path_type=Path),
    help="Where to write the outcomes; RESULTS.intents is kept beside it.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Send nothing: show how many segments they take, and whether all can be sent.",
)
@click.option(
    "--delimiter",
    metavar="SIGN",
    default=",",
    show_default=True,
    callback=take_delimiter,
    help="What separates the columns: one character, or tab.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    callback=take_encoding,
    help="Such as windows-1252 or utf-16-le.  [default: utf-8]",
)
@click.option(
    "--map",
    "columns",
    metavar="FIELD=COLUMN",
    multiple=True,
    callback=take_map,
    help="The column of recipient, text, reference or sender.",
)
@backend_options
@click.option("--whatsapp", is_flag=True, help="By WhatsApp instead of SMS.")
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, MOST),
    default=CONCURRENCY,
    show_default=True,
    help="How many to send at a time.",
)
@click.option(
    "--on-unknown",
    type=click.Choice(["keep", "resend"]),
    default="keep",
    show_default=True,
    help="What to do if an earlier outcome is unknown; resend may send some twice.",
)
def send_many(file: Path, out: Path | None, **given: Any) -> None:
    """Send the messages of a CSV; the help is `_HELP`."""
    from smsbridge.cli.bulk.check import check_extras, check_sender, show_check
    from smsbridge.cli.bulk.csv_file import BadSheet, Sheet
    from smsbridge.message import Channel

    if out is None and not given["check"]:
        raise click.UsageError("give --out RESULTS, or --check")
    backend = choose_backend(given["backend"], given["url"], given["config"])
    channel = Channel.WHATSAPP if given["whatsapp"] else Channel.SMS
    layout = Layout(
        delimiter=given["delimiter"], encoding=given["encoding"], columns=given["columns"]
    )
    sheet = Sheet.read(file, frozenset({channel}), backend.number, layout)
    if sheet.left_out:
        say(f"smsbridge: columns left out: {', '.join(map(printable, sheet.left_out))}")
    check_extras(backend, sheet)
    if out is None or given["check"]:
        show_check(backend, sheet)
        return
    check_sender(backend, sheet)
    try:
        sys.exit(_send(backend, sheet, out, given))
    except BadSheet as error:
        raise click.ClickException(f"{error}: nothing more was sent") from None


def _send(backend: Backend, sheet: Sheet, out: Path, given: Mapping[str, Any]) -> int:
    """Send what a run over this file has not sent yet, and return the exit code."""
    from smsbridge.cli.bulk.journal import Batch, Journal
    from smsbridge.client.sync import Client

    batch = Batch(
        sha256=sheet.sha256,
        rows=sheet.rows,
        backend=backend.name,
        protocol=backend.protocol,
        layout=sheet.layout.words(),
    )
    concurrency, resend = given["concurrency"], given["on_unknown"] == "resend"
    try:
        with Journal(out, batch, resend=resend) as journal, Client(backend) as client:
            run = _Run(journal, sheet)
            with (
                stop_gently(run.stop, _STOPPING),
                show_progress(sheet.rows, journal.counts) as show,
            ):
                messages = journal.to_send(sheet.messages(), concurrency, run.should_stop)
                with closing(messages), closing(client.send_many(messages, concurrency)) as results:
                    for result in results:
                        run.take(result, show)
        code = run.finish()
    except OSError as error:
        where = error.filename or out
        raise click.ClickException(
            f"can't write {where}: {error.strerror}. Repeat the command when it can be written"
        ) from None
    if run.has_unknown() and _has_log(backend):
        say_how_to_resolve(out, given["backend"], given["config"], given["url"])
    return code


def _has_log(backend: Backend) -> bool:
    """Return whether unknown outcomes can be looked up, in the log of it or of a part."""
    return any(one.question("sent") for one in backend.by_name().values())


def say_how_to_resolve(
    results: Path, backend: str | None, config: str | None, url: str | None
) -> None:
    """Say which command looks up unknown outcomes, with the options that chose a backend."""
    chosen = same_backend(backend, config)
    command = shlex.join(["smsbridge", "resolve", str(results), *chosen])
    same = ", with the same --url" if url else ""
    say(f"smsbridge: to look up what is unknown: {command}{same}")


class _Run:
    """The results of a run so far, and why it stops early."""

    def __init__(self, journal: Journal, sheet: Sheet) -> None:
        self._journal = journal
        self._rows = sheet.rows
        self._failure: Exception | None = None
        self._refused: Exception | None = None
        self._signal = 0
        self._taken = False

    def should_stop(self) -> bool:
        return bool(self._signal or self._refused or self._failure)

    def stop(self, number: int) -> None:
        self._signal = number

    def take(self, result: Result, show: Callable[[], None]) -> None:
        """Write a result down, and stop if every other message would fail the same way.

        It raises nothing, so that the results of the sends in flight are written too.
        """
        self._taken = True
        error = result.error
        hopeless = isinstance(error, CallerError) and not isinstance(error, InvalidMessage)
        if hopeless or isinstance(error, AuthenticationFailed):
            self._refused = error
        try:
            self._journal.record(result)
            with suppress(OSError):  # nobody reads it any more
                show()
        except Exception as failure:  # noqa: BLE001  (raised when the run is concluded)
            self._failure = self._failure or failure

    def has_unknown(self) -> bool:
        return self._journal.counts[Outcome.UNKNOWN] > 0

    def finish(self) -> int:
        """Print the summary, and return the exit code."""
        if self._failure:
            raise self._failure
        counts = self._journal.counts
        left = self._rows - sum(counts.values())
        say(summary(counts, left))
        if self._refused:
            say(f"smsbridge: {self._refused}")
        if not self._taken and not left:
            say("smsbridge: nothing was left to send")
        if self.should_stop() or left:
            say("smsbridge: stopped; repeat the command to send the rest")
        if self._signal:
            return 128 + self._signal
        if counts[Outcome.UNKNOWN]:
            return Exit.UNKNOWN
        if self._refused:
            return exit_of(self._refused)
        return next((code for word, code in EXIT_OF.items() if counts[word]), Exit.DONE)
