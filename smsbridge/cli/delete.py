"""``smsbridge delete``: deletes rows of the provider's log for good."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import choose_backend, take_id
from smsbridge.cli.streams import keep_exit_code, put, say
from smsbridge.errors import InvalidMessage, Outcome

_HELP = """Delete from the provider's log: one message by its ID, one day, or a period.

\b
Examples:
  smsbridge delete c319d3b35e8f8712cde20dae39ac3c19f86eda25
  smsbridge delete --day 2027-01-31
  smsbridge delete --first 2027-01-01 --last 2027-01-31 --yes

It asks before it deletes. Nothing is deleted on the phone.
"""


@click.command(help=_HELP)
@click.argument("id", required=False, callback=take_id)
@click.option("--day", metavar="DAY", help="One day, as YYYY-MM-DD.")
@click.option("--first", metavar="DAY", help="The first day of a period; needs --last.")
@click.option("--last", metavar="DAY", help="The last day of the period.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@asking_options
def delete(
    id: str | None,  # noqa: A002  (the argument's name in the help)
    backend: str | None,
    config: str | None,
    url: str | None,
    **given: Any,
) -> None:
    """Delete rows."""
    from smsbridge.client.sync import Client

    days = {name: _day(name, given[name]) for name in ("day", "first", "last")}
    _check_selection(id, days)
    chosen = choose_backend(backend, url, config)
    if not given["yes"]:
        what = f"message {id}" if id else " to ".join(str(day) for day in days.values() if day)
        if not _confirm(f"Delete {what} from the log of {chosen.name}?"):
            say("smsbridge: nothing was deleted")
            sys.exit(Exit.ERROR)
    with Client(chosen) as client:
        client.delete(id, **days)
    with keep_exit_code():
        put(json.dumps({"outcome": Outcome.ACCEPTED}) if given["as_json"] else "deleted")


def _check_selection(known: str | None, days: dict[str, date | None]) -> None:
    """Refuse a missing or a double selector, naming the options."""
    from smsbridge.client.log_filters import deletion

    period = [days["first"] is not None, days["last"] is not None]
    if [bool(known), days["day"] is not None, any(period)].count(True) != 1 or (
        any(period) and not all(period)
    ):
        raise InvalidMessage("give one of an ID, --day, or --first with --last")
    deletion(known or "", **days)


def _confirm(question: str) -> bool:
    """Ask, and end the line of the question whatever the answer is."""
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
