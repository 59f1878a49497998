"""``smsbridge resolve``: what became of a send whose outcome is unknown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.attempt_json import attempt_of
from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import asks
from smsbridge.cli.output import failure, printable, success
from smsbridge.cli.streams import done_anyway, put, say
from smsbridge.client.send_many import OutcomeWord
from smsbridge.errors import (
    Attempt,
    AuthenticationFailed,
    InvalidMessage,
    OutcomeUnknown,
    SmsbridgeError,
)
from smsbridge.text.json_document import BadJSON, read_json

if TYPE_CHECKING:
    from smsbridge.cli.bulk.journal import Found
    from smsbridge.client.sync import Client
    from smsbridge.message import Submission

_HELP = """Look up in the provider's log what became of each send in FILE that is unknown.

\b
FILE is what `smsbridge send --json` printed (- reads it from stdin), or the results of
`smsbridge send-many`, in which what is found is written down.

\b
Examples:
  smsbridge send +12025550123 "Hello" --json > sent.json || smsbridge resolve sent.json
  smsbridge resolve results.jsonl

A send is accepted for its reference, or for the one row of its time, recipient and text that is no
other message's. Otherwise it stays unknown, and the exit code is 3. The accepted sends in FILE tell
which rows are other messages'.
"""


@click.command(help=_HELP)
@click.argument("file")
@asks
def resolve(file: str, backend: str | None, url: str | None, *, as_json: bool) -> None:
    """Resolve what is unknown."""
    from smsbridge.cli.bulk.journal import beside, found_in, settle
    from smsbridge.client.sync import Client

    path = Path(file)
    many = file != "-" and beside(path).exists()
    given = found_in(path) if many else _sent(file)
    accepted: list[tuple[dict[str, Any], str]] = []
    left = False
    with Client(chosen_backend(backend, url)) as client:
        try:
            for line, attempt in given.unknown:
                submission = _looked_up(client, attempt, given)
                if isinstance(submission, OutcomeUnknown):
                    left = True
                else:
                    accepted.append((line, submission.id or ""))
                with done_anyway():
                    _show(submission, as_json=as_json)
        finally:
            if many and accepted:
                settle(path, accepted)
    if not given.unknown:
        say("nothing is unknown")
    if left:
        sys.exit(Exit.UNKNOWN)


def _looked_up(client: Client, attempt: Attempt, given: Found) -> Submission | OutcomeUnknown:
    """Return what became of a send. Raises only what would meet all that follow."""
    others = [other for _, other in given.unknown if other is not attempt]
    try:
        return client.resolve(attempt, known=given.ids, others=others + given.others)
    except OutcomeUnknown as error:
        return error
    except AuthenticationFailed:
        raise
    except SmsbridgeError as error:
        return OutcomeUnknown(f"it could not be looked up: {error}", attempt)


def _show(found: Submission | OutcomeUnknown, *, as_json: bool) -> None:
    if isinstance(found, OutcomeUnknown):
        said, plain = failure(found), f"unknown   {printable(found.why)}"
    else:
        said = success(found)
        plain = f"accepted  id {printable(found.id)}  status {found.status}"
    reference = printable(found.attempt.reference)
    put(json.dumps(said) if as_json else f"{plain}  reference {reference}")


def _sent(file: str) -> Found:
    """Return what the lines of ``send --json`` tell."""
    from smsbridge.cli.bulk.journal import Found

    unknown: dict[Attempt, None] = {}
    found = Found(unknown=[], ids=set(), others=[])
    settled: set[Attempt] = set()
    for said in _lines(file):
        if said.get("outcome") == OutcomeWord.UNKNOWN:
            unknown[attempt_of(said)] = None
        elif said.get("outcome") == OutcomeWord.ACCEPTED:
            if (id_ := said.get("id")) and isinstance(id_, str):
                found.ids.add(id_)
                with suppress(InvalidMessage):  # the id says enough
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
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            said = read_json(line) if line.strip() else {}
        except BadJSON:
            said = None
        if not isinstance(said, dict):
            raise InvalidMessage(f"{file}, line {number}: it is no JSON object")
        yield said
