"""``smsbridge delete``: rows of the provider's log, less for good."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import asks
from smsbridge.cli.streams import done_anyway, put, say
from smsbridge.client.send_many import OutcomeWord
from smsbridge.errors import InvalidMessage

_HELP = """Delete from the provider's log: one message by its ID, one day, or a period.

\b
Examples:
  smsbridge delete c319d3b35e8f8712cde20dae39ac3c19f86eda25
  smsbridge delete --day 2027-01-31
  smsbridge delete --first 2027-01-01 --last 2027-01-31 --yes

It asks first. Without one of the three nothing is deleted. Nothing is deleted on the phone.
"""


@click.command(help=_HELP)
@click.argument("id", required=False)
@click.option("--day", metavar="DAY", help="One day, as YYYY-MM-DD.")
@click.option("--first", metavar="DAY", help="From this day on; with --last.")
@click.option("--last", metavar="DAY", help="To the end of this day.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@asks
def delete(id: str | None, backend: str | None, url: str | None, **given: Any) -> None:  # noqa: A002  (the argument's name in the help)
    """Delete rows."""
    from smsbridge.client.sync import Client

    days = {name: _day(name, given[name]) for name in ("day", "first", "last")}
    _hold(id, days)
    chosen = chosen_backend(backend, url)
    if not given["yes"]:
        what = f"message {id}" if id else " to ".join(str(day) for day in days.values() if day)
        if not _agreed(f"Delete {what} from the log of {chosen.name}?"):
            say("smsbridge: nothing was deleted")
            sys.exit(Exit.ERROR)
    with Client(chosen) as client:
        client.delete(id, **days)
    with done_anyway():
        put(json.dumps({"outcome": OutcomeWord.ACCEPTED}) if given["as_json"] else "deleted")


def _hold(known: str | None, days: dict[str, date | None]) -> None:
    """Refuse what selects nothing, or in two ways, in the words of the command line."""
    from smsbridge.client.log_filters import selected

    period = [days["first"] is not None, days["last"] is not None]
    if [bool(known), days["day"] is not None, any(period)].count(True) != 1 or (
        any(period) and not all(period)
    ):
        raise InvalidMessage("give one of an ID, --day, or --first with --last")
    selected(known or "", **days)


def _agreed(question: str) -> bool:
    """Ask, and leave the line of the question, whatever answers."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        agreed = False
        say()
    else:
        if not agreed and not sys.stdin.isatty():
            say()
    return agreed


def _day(option: str, given: str | None) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InvalidMessage(f"--{option} {given!r}: give a day, such as 2027-01-31") from None
