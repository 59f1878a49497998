"""``smsbridge backends``: what is installed, and what each can do."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import click

from smsbridge.cli.streams import put

if TYPE_CHECKING:
    from smsbridge.backends.capabilities import Capability

_HELP = """List the backends: protocols, what each can do, and where it comes from.

\b
Examples:
  smsbridge backends
  smsbridge backends --json
"""


@click.command(help=_HELP, short_help="List what is installed, and what each can do.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def backends(*, as_json: bool) -> None:
    """List the backends."""
    from smsbridge.backends.capabilities import capabilities

    found = list(capabilities())
    if as_json:
        for one in found:
            put(json.dumps(asdict(one)))
        return
    for name, group in groupby(found, key=lambda one: f"{one.backend}, from {one.origin}"):
        put(name)
        for one in group:
            put(_paragraph(one))


def _paragraph(can: Capability) -> str:
    """Return what a backend can do over one protocol, as a person reads it."""
    by = f" by {', '.join(can.channels)}" if can.channels else ""
    options = ", ".join(name.removeprefix("options.") for name in can.options)
    return textwrap.fill(
        f"{', '.join(can.operations) or 'nothing'}{by}" + (f"; with {options}" if options else ""),
        width=78,
        initial_indent=f"  {can.protocol:<9}",
        subsequent_indent=" " * 11,
    )
