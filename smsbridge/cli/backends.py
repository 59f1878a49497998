"""``smsbridge backends``: what is installed, and what each can do."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import click

from smsbridge.cli.options import json_option
from smsbridge.cli.streams import put
from smsbridge.cli.table import screen_width

if TYPE_CHECKING:
    from smsbridge.backends.capabilities import Capability

_OURS = "smsbridge: "
_HELP = """List the installed backends: their protocols, what each can do, and where it comes from.

Those of the catalogue come last, each with the clients that agree with it.

\b
Examples:
  smsbridge backends
  smsbridge backends --json
"""


@click.command(help=_HELP, short_help="List the installed backends, and what each can do.")
@json_option
def backends(*, as_json: bool) -> None:
    """List the backends."""
    from smsbridge.backends.catalogue import catalogue_names
    from smsbridge.backends.registry import installed_capabilities

    found = list(installed_capabilities())
    if as_json:
        for one in found:
            put(json.dumps(asdict(one)))
        return
    listed = [one for one in found if one.backend in catalogue_names()]
    others = [one for one in found if one not in listed]
    for name, group in groupby(others, key=lambda one: f"{one.backend}, from {one.origin}"):
        put(name)
        for one in group:
            put(_paragraph(one, one.protocol))
    put("the catalogue")
    for one in listed:
        put(_paragraph(one, f"{one.backend:<12}", f"; {one.origin.removeprefix(_OURS)}"))


def _paragraph(can: Capability, name: str, more: str = "") -> str:
    """Return what a backend can do over one protocol, as a person reads it.

    ``name`` comes first, and ``more`` is said after it.
    """
    by = f" by {', '.join(can.channels)}" if can.channels else ""
    options = ", ".join(name.removeprefix("options.") for name in can.options)
    options = "all options" if options == "all" else options
    lead = f"  {name:<8}  "
    with_options = f"; with {options}" if options else ""
    with_options += f"; webhooks: {', '.join(can.webhooks)}" if can.webhooks else ""
    return textwrap.fill(
        f"{', '.join(can.operations) or 'nothing'}{by}{with_options}{more}",
        width=screen_width() or 78,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
    )
