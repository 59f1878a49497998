"""``smsbridge mock --list``: the scenarios and the faults that a mock can play."""

from __future__ import annotations

from smsbridge.cli.fixtures import show_fixtures
from smsbridge.cli.streams import put
from smsbridge.cli.table import show_table
from smsbridge.testing.faults.table import FAULTS


def list_playable() -> None:
    """Print the scenarios of smsbridge and of installed backends, and the faults."""
    show_fixtures()
    put()
    faults = [
        [one.name, " ".join(filter(None, one.ways)) or "-", one.what] for one in FAULTS.values()
    ]
    show_table(("fault", "kinds", "what"), faults)
