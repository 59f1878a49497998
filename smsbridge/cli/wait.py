"""``smsbridge wait``: until a message stands where it stays, or until one comes in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import asks, time_of
from smsbridge.cli.output import RECEIVED, SENT, show_rows
from smsbridge.cli.streams import done_anyway
from smsbridge.client.polling import MOST_SECONDS
from smsbridge.message import Status

if TYPE_CHECKING:
    from smsbridge.client.sync import Client

_LOST = (Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED)
_HELP = """Wait until the message with the provider's ID has its last status, or, with --received,
until a message comes in.

\b
Examples:
  smsbridge wait c319d3b35e8f8712cde20dae39ac3c19f86eda25 --timeout 120
  smsbridge wait --received --from +12025550123 --match "code is ([0-9]{6})" --json

Exit code 6 if the message was not delivered, 1 if the time is up.
"""


@click.command(help=_HELP)
@click.argument("id", required=False)
@click.option("--received", is_flag=True, help="Wait for a message that comes in.")
@click.option("--from", "sender", metavar="NUMBER", help="With --received: from this sender.")
@click.option("--match", metavar="REGEX", help="With --received: with this in its text.")
@click.option("--after", metavar="TIME", help="With --received: since then, not since now.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, MOST_SECONDS),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="At most so long.",
)
@asks
def wait(id: str | None, backend: str | None, url: str | None, **given: Any) -> None:  # noqa: A002  (the argument's name in the help)
    """Wait for one message."""
    from smsbridge.client.sync import Client

    if (id is not None) == given["received"]:
        raise click.UsageError("give the ID of a message, or --received")
    if not given["received"]:
        for option in ("sender", "match", "after"):
            if given[option] is not None:
                raise click.UsageError("--from, --match and --after are for --received")
    with Client(chosen_backend(backend, url)) as client:
        if given["received"]:
            _wait_received(client, given)
            return
        row = client.wait(id or "", given["timeout"])
    with done_anyway():
        show_rows([row], SENT, as_json=given["as_json"])
    if row.status in _LOST:
        sys.exit(Exit.REJECTED)


def _wait_received(client: Client, given: dict[str, Any]) -> None:
    after = None if given["after"] is None else time_of("--after", given["after"])
    row = client.wait_received(
        sender=given["sender"], match=given["match"], after=after, timeout=given["timeout"]
    )
    with done_anyway():
        show_rows([row], RECEIVED, as_json=given["as_json"])
