"""The options that commands share, and how their words are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from smsbridge.cli.attempt_json import instant
from smsbridge.errors import InvalidMessage

F = TypeVar("F", bound=Callable[..., Any])


def chooses(command: F) -> F:
    """Add the options that say which backend a command is for."""
    for option in (
        click.option("--url", metavar="URL|-", help="A backend as a URL; - reads it from stdin."),
        click.option(
            "--backend", metavar="NAME", help="A block of smsbridge.toml; its default otherwise."
        ),
    ):
        command = option(command)
    return command


def asks(command: F) -> F:
    """Add the options that every command has which asks a provider."""
    shown = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
    return chooses(shown(command))


def listens(port: int) -> Callable[[F], F]:
    """Add the options of a command that serves, by default at a port of the loopback."""

    def add(command: F) -> F:
        where = click.option(
            "--port",
            type=click.IntRange(0, 65535),
            default=port,
            show_default=True,
            help="0 takes any that is free.",
        )
        host = click.option(
            "--host", default="127.0.0.1", show_default=True, help="Where to listen."
        )
        return host(where(command))

    return add


def time_of(option: str, given: str) -> datetime:
    """Return the time of an option; raises `InvalidMessage`."""
    time = instant(given)
    if time is None:
        raise InvalidMessage(
            f"{option} {given!r}: give ISO 8601 with a time zone, such as 2027-01-31T09:00+00:00"
        )
    return time
