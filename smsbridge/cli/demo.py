"""``smsbridge demo``: the main job on real sockets."""

from __future__ import annotations

import click

_HELP = """Show the main job on real sockets: three protocols, and a connection that breaks.

\b
Examples:
  smsbridge demo
  NO_COLOR=1 smsbridge demo > demo.txt
"""


@click.command(help=_HELP)
def demo() -> None:
    """Show the main job."""
    from smsbridge.cli.demo_logic import run

    run()
