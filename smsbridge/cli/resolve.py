"""``smsbridge resolve``: what became of a send whose outcome is unknown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.chosen import chosen_backend
from smsbridge.cli.showing import asks, attempt_of, failure, printable, success
from smsbridge.errors import Attempt, InvalidMessage, OutcomeUnknown

if TYPE_CHECKING:
    from smsbridge.client import Client

_UNKNOWN = 3
_HELP = """Look up in the provider's log what became of each send in FILE that is unknown.

\b
FILE is what `smsbridge send --json` printed (- reads it from stdin), or the results of
`smsbridge send-many`, in which what is found is written down.

\b
Examples:
  smsbridge send +12025550123 "Hello" --json > sent.json || smsbridge resolve sent.json
  smsbridge resolve results.jsonl

A send is accepted for its reference, or for the one row of its time, recipient and text that is no
other message's. Otherwise it stays unknown, and the exit code is 3.
"""


@click.command(help=_HELP)
@click.argument("file")
@asks
def resolve(file: str, backend: str | None, url: str | None, *, as_json: bool) -> None:
    """Resolve what is unknown."""
    from smsbridge.client import Client
    from smsbridge.journal import accepted_ids, beside, settle, unknowns

    path = Path(file)
    many = file != "-" and beside(path).exists()
    given: list[tuple[Any, Attempt]] = unknowns(path) if many else list(dict.fromkeys(_lines(file)))
    known = accepted_ids(path) if many else set()
    attempts = [attempt for _, attempt in given]
    left = 0
    with Client(chosen_backend(backend, url)) as client:
        for line, attempt in given:
            others = [other for other in attempts if other is not attempt]
            found = _resolved(client, attempt, known, others, as_json=as_json)
            left += found is None
            if many and found is not None:
                settle(path, line, found)
    if not given:
        click.echo("nothing is unknown", err=True)
    if left:
        sys.exit(_UNKNOWN)


def _resolved(
    client: Client, attempt: Attempt, known: set[str], others: list[Attempt], *, as_json: bool
) -> str | None:
    """Return the id of a send that was accepted, and print what became of it."""
    reference = printable(attempt.reference)
    try:
        submission = client.resolve(attempt, known=known, others=others)
    except OutcomeUnknown as error:
        plain = f"unknown   {error.why}  reference {reference}"
        click.echo(json.dumps(failure(error)) if as_json else plain)
        return None
    id_ = printable(submission.id)
    plain = f"accepted  id {id_}  status {submission.status}  reference {reference}"
    click.echo(json.dumps(success(submission)) if as_json else plain)
    return submission.id or ""


def _lines(file: str) -> Iterator[tuple[None, Attempt]]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidMessage(f"can't read {file}: {why}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            said = json.loads(line) if line.strip() else {"outcome": ""}
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise InvalidMessage(f"{file}, line {number}: it is no JSON object")
        if said.get("outcome") == "unknown":
            yield None, attempt_of(said)
