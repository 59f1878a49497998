"""``smsbridge wait``: waits until a message has its last status, or until one comes in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import choose_backend, take_id, time_of
from smsbridge.cli.output import RECEIVED, SENT, show_rows
from smsbridge.cli.streams import keep_exit_code
from smsbridge.client.polling import MOST_SECONDS
from smsbridge.message import Status

if TYPE_CHECKING:
    from smsbridge.client.sync import Client

_LOST = (Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED)
_HELP = """Wait until a message has its final status, or, with --received, until one comes in.
ID is the provider's.

\b
Examples:
  smsbridge wait c319d3b35e8f8712cde20dae39ac3c19f86eda25 --timeout 120
  smsbridge wait --received --from +12025550123 --match "code is ([0-9]{6})" --json

The exit code is 6 if the message was not delivered, and 1 if the time ran out.
"""


@click.command(help=_HELP)
@click.argument("id", required=False, callback=take_id)
@click.option("--received", is_flag=True, help="Wait for a message to come in.")
@click.option("--from", "sender", metavar="NUMBER", help="With --received: from this sender.")
@click.option("--match", metavar="REGEX", help="With --received: whose text matches.")
@click.option("--after", metavar="TIME", help="With --received: since then instead of now.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, MOST_SECONDS),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait at most.",
)
@asking_options
def wait(
    id: str | None,  # noqa: A002  (the argument's name in the help)
    backend: str | None,
    config: str | None,
    url: str | None,
    **given: Any,
) -> None:
    """Wait for one message."""
    from smsbridge.client.sync import Client

    if (id is not None) == given["received"]:
        raise click.UsageError("give the ID of a message, or --received")
    if not given["received"]:
        for option in ("sender", "match", "after"):
            if given[option] is not None:
                raise click.UsageError("--from, --match and --after are for --received")
    with Client(choose_backend(backend, url, config)) as client:
        if given["received"]:
            _wait_for_received(client, given)
            return
        row = client.wait(id or "", given["timeout"])
    with keep_exit_code():
        show_rows([row], SENT, as_json=given["as_json"])
    if row.status in _LOST:
        sys.exit(Exit.REJECTED)


def _wait_for_received(client: Client, given: dict[str, Any]) -> None:
    after = None if given["after"] is None else time_of("--after", given["after"])
    row = client.wait_received(
        sender=given["sender"], match=given["match"], after=after, timeout=given["timeout"]
    )
    with keep_exit_code():
        show_rows([row], RECEIVED, as_json=given["as_json"])
