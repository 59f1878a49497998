"""``smsbridge shadow``: how another backend would send the messages that a bridge has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.group import Group
from smsbridge.cli.options import store_options
from smsbridge.cli.outbox_store import open_store
from smsbridge.cli.output import printable
from smsbridge.cli.streams import put
from smsbridge.cli.table import show_table
from smsbridge.errors import ConfigError
from smsbridge.text.count import count

if TYPE_CHECKING:
    from smsbridge.bridge.config import BridgeConfig
    from smsbridge.bridge.doors.door_config import DoorConfig
    from smsbridge.bridge.doors.shadow import ShadowComparison
    from smsbridge.bridge.doors.shadow_report import ShadowExample, ShadowReport
    from smsbridge.serving.wire_message import WireMessage

_HELP = """Compare another backend with the one that a door sends through. Nothing is sent.

\b
Examples:
  smsbridge shadow report
  smsbridge shadow report --door old-shop --since 24h --examples 3

The key shadow in [doors.NAME] names the other backend.
"""
_REPORT = """Show what would differ if a door's shadow sent its messages.

Builds the request of each stored message for both backends, without sending it, and compares what
each provider would get: recipient, text, encoding, segments, sender, channels, reference, and what
can't be carried. Works while the bridge is running.
"""
_SHOWN = ("recipient", "text", "sender", "channels")


@click.group(cls=Group, help=_HELP)
def shadow() -> None:
    """Compare another backend with the one in use."""


@shadow.command(help=_REPORT)
@click.option("--door", metavar="NAME", help="Report on this door only.")
@click.option(
    "--since",
    metavar="AGE",
    default="7d",
    show_default=True,
    help="Maximum age of messages, such as 30m.",
)
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="How many ids to show for each difference.",
)
@click.option("--show-texts", is_flag=True, help="Show the numbers and texts of the examples.")
@store_options
def report(  # noqa: PLR0913  (each is an option)
    door: str | None,
    since: str,
    examples: int,
    config: str | None,
    *,
    show_texts: bool,
    as_json: bool,
) -> None:
    """Report on each door that has a shadow."""
    with open_store(config) as (store, document):
        from smsbridge.bridge.config import read_bridge
        from smsbridge.bridge.doors.shadow import Shadow
        from smsbridge.bridge.doors.shadow_report import messages_since, shadow_report
        from smsbridge.bridge.table_values import duration_of

        seconds = duration_of(since)
        if seconds is None:
            raise click.BadParameter("give a whole number and s, m, h or d", param_hint="--since")
        bridge = read_bridge(document)
        for number, one in enumerate(_doors(bridge, door)):
            to, other = bridge.backends[one.to], bridge.shadows[one.shadow]
            pair = Shadow.of((one.to, to), (one.shadow, other))
            messages = messages_since(store, one.name, store.now() - seconds)
            found = shadow_report(pair, messages, examples)
            if as_json:
                words = {"door": one.name, "to": one.to, "shadow": one.shadow, "since": since}
                put(json.dumps(words | _words(found, show_texts=show_texts)))
                continue
            if number:
                put()
            _show(one, since, found, show_texts=show_texts)


def _doors(bridge: BridgeConfig, name: str | None) -> list[DoorConfig]:
    """Return the doors that have a shadow: all of them, or one by its name."""
    if name is not None and name not in (known := [one.name for one in bridge.doors]):
        from smsbridge.text.suggest import nearest

        raise ConfigError(f"there is no [doors.{name}]; {nearest(name, known)}")
    found = [one for one in bridge.doors if one.shadow and name in (None, one.name)]
    if not found:
        which = f"[doors.{name}] has no shadow" if name else "no door has a shadow"
        raise ConfigError(f'{which}: give shadow = "NAME", the block to compare with')
    return found


def _words(found: ShadowReport, *, show_texts: bool) -> dict[str, Any]:
    return {
        "messages": found.messages,
        "same": found.same,
        "different": found.differing,
        "differences": [
            {
                "field": one.field,
                "what": one.what,
                "messages": tally.count,
                "examples": [
                    {"id": shown.id, **(_wires(shown.comparison) if show_texts else {})}
                    for shown in tally.examples
                ],
            }
            for one, tally in found.by_count()
        ],
        "not_compared": dict(found.uncompared),
        "connections_tried": found.tries,
    }


def _wires(comparison: ShadowComparison) -> dict[str, dict[str, str] | None]:
    return {"to": _wire(comparison.to), "shadow": _wire(comparison.shadow)}


def _wire(message: WireMessage | None) -> dict[str, str] | None:
    return None if message is None else {name: getattr(message, name) for name in _SHOWN}


def _show(door: DoorConfig, since: str, found: ShadowReport, *, show_texts: bool) -> None:
    what = f"{door.shadow} instead of {door.to}, messages from the last {since}"
    put(f"{door.name}: {what}")
    rows = [
        (one.field, one.what, str(tally.count), ", ".join(shown.id for shown in tally.examples))
        for one, tally in found.by_count()
    ]
    rows += [("-", why, str(number), "") for why, number in found.uncompared.most_common()]
    if rows:
        show_table(("field", "what", "messages", "id"), rows)
    if show_texts:
        for line in _example_lines(door, found):
            put(line)
    not_compared = found.uncompared.total()
    left_out = f", {not_compared} not compared" if not_compared else ""
    put(
        f"{count(found.messages, 'message')}: {found.same} the same, {found.differing} different"
        f"{left_out}"
    )
    put(f"nothing was sent: {_proof(found.tries)}")


def _example_lines(door: DoorConfig, found: ShadowReport) -> Iterator[str]:
    """Yield each example once, as both providers would get it."""
    examples: dict[str, ShadowExample] = {
        shown.id: shown for _, tally in found.by_count() for shown in tally.examples
    }
    for shown in examples.values():
        yield shown.id
        sides = ((door.to, shown.comparison.to), (door.shadow, shown.comparison.shadow))
        for name, wire in sides:
            words = _wire(wire)
            said = "nothing" if words is None else " ".join(printable(w) for w in words.values())
            yield f"  {name}  {said}"


def _proof(tries: int) -> str:
    """Return the evidence that nothing was sent."""
    if not tries:
        return "no connection was attempted"
    return f"{count(tries, 'connection attempt')} {'was' if tries == 1 else 'were'} refused"
