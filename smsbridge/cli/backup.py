"""``smsbridge backup``: a copy of the store of a bridge, and its restore."""

from __future__ import annotations

import time
from pathlib import Path

import click

from smsbridge.cli.output import count
from smsbridge.cli.streams import say

_HELP = """Copy the store of the bridge into FILE, also while it serves.

\b
Examples:
  smsbridge backup monday.db
  smsbridge backup monday.db --restore

--restore makes a store of FILE, where there is none. What waited when the backup was made may have
been sent since, so it becomes unknown: it is looked up in the log of the backend, or waits for
smsbridge outbox. To move a bridge that is stopped, copy the file of its store itself.
"""


@click.command(help=_HELP)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--restore", "back", is_flag=True, help="Make a store of FILE.")
@click.option("--config", metavar="FILE", help="The config file, if not smsbridge.toml.")
def backup(file: Path, config: str | None, *, back: bool) -> None:
    """Copy the store, or restore it."""
    from smsbridge.cli.outbox_store import bridge_modules

    bridge_modules()
    from smsbridge.bridge.backup import back_up, restore
    from smsbridge.bridge.config import read_store
    from smsbridge.config.load import read_document

    store = read_store(read_document(config))
    if not back:
        back_up(store, file)
        say(f"wrote {file}")
        return
    doubted = restore(file, store, time.time)
    say(f"made {store}; {count(doubted, 'message')} became unknown")
