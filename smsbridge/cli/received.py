"""``smsbridge received``: the messages that came in."""

from __future__ import annotations

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.options import choose_backend, time_of
from smsbridge.cli.output import RECEIVED, show_rows

_HELP = """List the messages that came in.

\b
Examples:
  smsbridge received --unread
  smsbridge received --after 2027-01-31T09:00+00:00 --json
"""


@click.command(help=_HELP)
@click.option("--after", metavar="TIME", help="Since this time: ISO 8601 with a time zone.")
@click.option("--before", metavar="TIME", help="Before this time.")
@click.option("--device", metavar="ID", help="Received by this device; the provider's ID.")
@click.option("--unread", is_flag=True, help="Only messages that were not listed before.")
@asking_options
def received(  # noqa: PLR0913  (each is an option)
    *,
    backend: str | None,
    config: str | None,
    url: str | None,
    after: str | None,
    before: str | None,
    device: str | None,
    unread: bool,
    as_json: bool,
) -> None:
    """List what came in."""
    from smsbridge.client.sync import Client

    times = {
        name: time_of(f"--{name}", given)
        for name, given in (("after", after), ("before", before))
        if given is not None
    }
    with Client(choose_backend(backend, url, config)) as client:
        rows = client.received(**times, device=device, unread=unread)
    show_rows(rows, RECEIVED, as_json=as_json)
