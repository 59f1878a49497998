"""``smsbridge report``: who got what, from the files of a send-many run; it changes nothing."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.bulk.command import say_how_to_resolve
from smsbridge.cli.bulk.journal_lines import Line
from smsbridge.cli.bulk.layout import take_delimiter
from smsbridge.cli.bulk.progress import show_progress, summary
from smsbridge.cli.bulk.results import Run, read_run
from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.options import choose_backend
from smsbridge.cli.output import message_json, printable
from smsbridge.cli.streams import put, say
from smsbridge.cli.table import show_table
from smsbridge.client.attempt_json import attempt_of
from smsbridge.client.send_many import CONCURRENCY, MOST
from smsbridge.errors import InvalidMessage, NoAnswer, Outcome, Rejected, SmsbridgeError
from smsbridge.message import SentMessage, Submission

if TYPE_CHECKING:
    from smsbridge.client.sync import Client

_HELP = """Show who got the messages of a run of send-many. RESULTS is its --out; it is only
read, even while the run is still going.

\b
Examples:
  smsbridge report may.jsonl
  smsbridge report may.jsonl --status
  smsbridge report may.jsonl --csv --delimiter ';' > report.csv

There is one row for each message that was tried, in the order of the CSV. The outcome says whether
the provider took it. --status asks the provider where each accepted message stands now, and
stops asking once a question gets no answer.
"""
_SHOWN = ("recipient", "outcome", "id", "error")
_WRITTEN = ("index", "recipient", "outcome", "id", "reference", "error")
_FORMULA = ("=", "+", "-", "@")


@click.command(help=_HELP)
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--status", is_flag=True, help="Ask the provider where each message stands.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV, for a spreadsheet.")
@click.option(
    "--delimiter",
    metavar="SIGN",
    default=",",
    show_default=True,
    callback=take_delimiter,
    help="With --csv: what separates the columns; one character, or tab.",
)
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, MOST),
    default=CONCURRENCY,
    show_default=True,
    help="With --status: how many to ask at a time.",
)
@asking_options
def report(
    results: Path, backend: str | None, config: str | None, url: str | None, **given: Any
) -> None:
    """Show the results of a run; the help is `_HELP`."""
    from smsbridge.client.sync import Client

    if given["as_csv"] and given["as_json"]:
        raise click.UsageError("give only one of --csv and --json")
    if given["delimiter"] != "," and not given["as_csv"]:
        raise click.UsageError("--delimiter is for --csv")
    run = read_run(results)
    rows = [run.lines[index] for index in sorted(run.lines)]
    failure = None
    if given["status"]:
        with Client(choose_backend(backend, url, config)) as client:
            failure = _ask(client, run, rows, given["concurrency"])
    _show(rows, given)
    counts = Counter(str(row["outcome"]) for row in rows)
    say(summary(counts, run.rows - len(rows)))
    if counts[Outcome.UNKNOWN]:
        say_how_to_resolve(results, backend, config, url)
    if failure is not None:
        raise failure


def _ask(client: Client, run: Run, rows: Iterable[Line], concurrency: int) -> SmsbridgeError | None:
    """Ask where each accepted message stands, until a question gets no answer; return why.

    Messages that another backend took are skipped. Raises `InvalidMessage` if all of them are.
    """
    due = list(_due(run, rows))
    counts: Counter[str] = Counter()
    other = None
    answers = _answers(client, due, concurrency)
    with closing(answers), show_progress(len(due), counts) as show:
        try:
            for row, found in answers:
                if isinstance(found, InvalidMessage):
                    other = found
                    continue
                told = message_json(found)
                row |= {"status": told["status"], "at": told["at"], "error": told["error"]}
                counts[str(told["status"])] += 1
                show()
        except (NoAnswer, Rejected) as error:
            return error
    if other and not counts:
        raise other
    return other


def _due(run: Run, rows: Iterable[Line]) -> Iterator[tuple[Line, Submission | str]]:
    """Yield each row that the provider can be asked about, with what names its message."""
    for row in rows:
        if row["outcome"] == Outcome.ACCEPTED and row["id"]:
            attempt = run.attempts.get(row["index"])
            known = Submission(id=row["id"], attempt=attempt_of(attempt)) if attempt else row["id"]
            yield row, known


def _answers(
    client: Client, due: Sequence[tuple[Line, Submission | str]], concurrency: int
) -> Generator[tuple[Line, SentMessage | InvalidMessage], None, None]:
    """Yield the answer to each question as it comes: one alone, then several at a time."""

    def ask(known: Submission | str) -> SentMessage | InvalidMessage:
        try:
            return client.status(known)
        except InvalidMessage as error:
            return error

    for row, known in due[:1]:  # what fails for all fails here
        yield row, ask(known)
    pool = ThreadPoolExecutor(concurrency)
    try:
        asked = {pool.submit(ask, known): row for row, known in due[1:]}
        for answered in as_completed(asked):
            yield asked[answered], answered.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _show(rows: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    if given["as_json"] or given["as_csv"]:
        names = _with_status(_WRITTEN, "status", "at") if given["status"] else _WRITTEN
        written = [{name: row.get(name) for name in names} for row in rows]
        lines = _csv_lines(written, names, given) if given["as_csv"] else map(json.dumps, written)
        for line in lines:
            put(line)
        return
    names = _with_status(_SHOWN, "status") if given["status"] else _SHOWN
    if rows:
        show_table(names, [[printable(row.get(name)) for name in names] for row in rows])


def _with_status(names: tuple[str, ...], *more: str) -> tuple[str, ...]:
    place = names.index("outcome") + 1
    return (*names[:place], *more, *names[place:])


def _csv_lines(
    rows: Iterable[Mapping[str, Any]], names: Sequence[str], given: Mapping[str, Any]
) -> Iterator[str]:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=given["delimiter"], lineterminator="")
    for cells in (names, *([_cell(name, row[name]) for name in names] for row in rows)):
        writer.writerow(cells)
        yield written.getvalue()
        written.seek(0)
        written.truncate()


def _cell(name: str, value: object) -> str:
    """Return a cell that a spreadsheet reads as text, whatever a provider's words look like."""
    word = "" if value is None else printable(value)
    return f"'{word}" if name != "recipient" and word.startswith(_FORMULA) else word
