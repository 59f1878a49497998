"""``smsbridge sent``: the provider's log of what was sent."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.options import choose_backend, time_of
from smsbridge.cli.output import SENT, show_rows
from smsbridge.errors import InvalidMessage

if TYPE_CHECKING:
    from datetime import datetime

_HELP = """List the messages in the provider's log of sends, newest first.

\b
Examples:
  smsbridge sent --limit 20
  smsbridge sent --recipient +12025550123 --after 2027-01-31T09:00+00:00 --json
  smsbridge sent --failed phone

It goes back through the whole log, unless --limit or --after stops it.
"""


@click.command(help=_HELP)
@click.option("--id", metavar="ID", help="One message, by the provider's id.")
@click.option("--after", metavar="TIME", help="Since this time: ISO 8601 with a time zone.")
@click.option("--before", metavar="TIME|ID", help="Before this time, or before a message.")
@click.option("--recipient", metavar="NUMBER", help="To this number.")
@click.option("--keyword", metavar="WORD", help="With this word in the number or the text.")
@click.option(
    "--failed",
    type=click.Choice(["request", "phone"]),
    help="Only what failed: at the request, or on the phone.",
)
@click.option("--limit", metavar="N", type=click.IntRange(1), help="List at most this many.")
@asking_options
def sent(
    backend: str | None, config: str | None, url: str | None, limit: int | None, **given: Any
) -> None:
    """List the log."""
    from smsbridge.client.sync import Client

    as_json = given.pop("as_json")
    if given["after"] is not None:
        given["after"] = time_of("--after", given["after"])
    if given["before"] is not None:
        given["before"] = _time_or_id(given["before"])
    with Client(choose_backend(backend, url, config)) as client:
        show_rows(islice(client.sent(**given), limit), SENT, as_json=as_json)


def _time_or_id(given: str) -> datetime | str:
    from smsbridge.client.log_filters import looks_like_a_time

    try:
        return time_of("--before", given)
    except InvalidMessage as error:
        if looks_like_a_time(given):
            raise InvalidMessage(f"{error}, or the id of a message") from None
    return given
