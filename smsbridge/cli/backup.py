"""``smsbridge backup``: back up, restore or move the store of a bridge."""

from __future__ import annotations

from pathlib import Path

import click

from smsbridge.cli.options import config_option
from smsbridge.cli.streams import say
from smsbridge.text.count import count

_HELP = """Back up the bridge's store to FILE, even while the bridge is running.

\b
Examples:
  smsbridge backup monday.db
  smsbridge backup monday.db --restore
  smsbridge backup bridge.db --move

--restore fills an empty store from FILE. What was waiting when the backup was made may have been
sent since, so it becomes unknown: it is looked up in the backend's log, or waits for a decision
with smsbridge outbox. --move fills an empty store from FILE, the store of a stopped bridge: its
waiting messages will be sent. FILE is renamed to FILE.moved, so that no bridge sends from it again.
"""


@click.command(help=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--restore", "back", is_flag=True, help="Fill the store from FILE, a backup.")
@click.option(
    "--move", "moves", is_flag=True, help="Fill the store from FILE, a stopped bridge's store."
)
@config_option
def backup(file: Path, config: str | None, *, back: bool, moves: bool) -> None:
    """Copy the store, restore it, or move it."""
    from smsbridge.cli.outbox_store import bridge_modules

    bridge_modules()
    from smsbridge.bridge.backup import back_up, move, restore
    from smsbridge.bridge.store.store_config import read_store
    from smsbridge.config.load import read_document

    if back and moves:
        raise click.UsageError("give either --restore or --move")
    store = read_store(read_document(config))
    if not back and not moves:
        back_up(store, file)
        say(f"wrote {file}")
        return
    filled = move(file, store) if moves else restore(file, store)
    copied = count(filled.messages, "message")
    say(f"filled the store from {file}: {copied}, of which {filled.unknown} became unknown")
