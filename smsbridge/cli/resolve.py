"""``smsbridge resolve``: what became of a send whose outcome is unknown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import choose_backend
from smsbridge.cli.output import failure, printable, success
from smsbridge.cli.streams import keep_exit_code, put, say
from smsbridge.cli.table import colour
from smsbridge.client.attempt_json import attempt_of
from smsbridge.errors import (
    Attempt,
    InvalidMessage,
    Outcome,
    OutcomeUnknown,
)
from smsbridge.text.json_document import BadJSON, read_json

if TYPE_CHECKING:
    from smsbridge.cli.bulk.journal import Unresolved
    from smsbridge.message import Submission

_HELP = """Look up in the provider's log each send in FILE whose outcome is unknown.

\b
FILE is the output of `smsbridge send --json` (- reads it from stdin), or the
RESULTS of `smsbridge send-many`, where what is found is written down.

\b
Examples:
  smsbridge send +12025550123 "Hello" --json > sent.json || smsbridge resolve sent.json
  smsbridge resolve results.jsonl

A send counts as accepted if a row of the log has its reference, or if exactly one row that belongs
to no other message has its time, recipient and text. Otherwise it stays unknown, and the exit code
is 3. The accepted sends in FILE show which rows belong to other messages.
"""


@click.command(help=_HELP)
@click.argument("file")
@asking_options
def resolve(
    file: str, backend: str | None, config: str | None, url: str | None, *, as_json: bool
) -> None:
    """Resolve what is unknown."""
    from smsbridge.cli.bulk.journal import beside, read_unresolved, settle
    from smsbridge.client.sync import Client

    path = Path(file)
    many = file != "-" and beside(path).exists()
    given = read_unresolved(path) if many else _read_sends(file)
    accepted: list[tuple[dict[str, Any], str]] = []
    left = False
    with Client(choose_backend(backend, url, config)) as client:
        try:
            attempts = [attempt for _, attempt in given.unknown]
            ends = client.resolve_many(attempts, known=given.ids, others=given.others)
            for (line, _), submission in zip(given.unknown, ends, strict=True):
                if isinstance(submission, OutcomeUnknown):
                    left = True
                else:
                    accepted.append((line, submission.id or ""))
                with keep_exit_code():
                    _show(submission, as_json=as_json)
        finally:
            if many and accepted:
                settle(path, accepted)
    if not given.unknown:
        say("nothing is unknown")
    if left:
        sys.exit(Exit.UNKNOWN)


def _show(found: Submission | OutcomeUnknown, *, as_json: bool) -> None:
    if isinstance(found, OutcomeUnknown):
        said, plain = failure(found), f"{colour(found.outcome)}   {printable(found.why)}"
    else:
        said = success(found)
        plain = f"{colour(found.outcome)}  id {printable(found.id)}  status {found.status}"
    reference = printable(found.attempt.reference)
    put(json.dumps(said) if as_json else f"{plain}  reference {reference}")


def _read_sends(file: str) -> Unresolved:
    """Return what the lines of ``send --json`` tell."""
    from smsbridge.cli.bulk.journal import Unresolved

    unknown: dict[Attempt, None] = {}
    found = Unresolved(unknown=[], ids=set(), others=[])
    settled: set[Attempt] = set()
    for said in _lines(file):
        if said.get("outcome") == Outcome.UNKNOWN:
            unknown[attempt_of(said)] = None
        elif said.get("outcome") == Outcome.ACCEPTED:
            if (id_ := said.get("id")) and isinstance(id_, str):
                found.ids.add(id_)
                with suppress(InvalidMessage):  # the id is enough
                    settled.add(attempt_of(said))
            else:
                found.others.append(attempt_of(said))
    found.unknown.extend(({}, attempt) for attempt in unknown if attempt not in settled)
    return found


def _lines(file: str) -> Iterator[dict[str, Any]]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidMessage(f"can't read {file}: {why}") from None
    if file != "-" and not text.strip():  # such as that of a send that was killed
        raise InvalidMessage(f"can't read {file}: it is empty")
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            said = read_json(line) if line.strip() else {}
        except BadJSON:
            said = None
        if not isinstance(said, dict):
            raise InvalidMessage(f"{file}, line {number}: it is not a JSON object")
        yield said
