"""The option -v: what a command and the provider said to each other, masked, on stderr."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import click

from smsbridge.cli.options import provider_options
from smsbridge.cli.streams import say

F = TypeVar("F", bound=Callable[..., Any])


class _Lines(logging.Handler):
    """Says the exchange of each record that has one."""

    def emit(self, record: logging.LogRecord) -> None:
        for line in getattr(record, "exchange", "").splitlines():
            say(
                "".join(
                    char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line
                )
            )


def asking_options(command: F) -> F:
    """Add the options of each command that asks a provider: its backend, --json and -v."""
    option = click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_say_exchanges,
        help="Show each request and answer on stderr, masked.",
    )
    return provider_options(option(command))


def _say_exchanges(context: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Listen to the logger until the command has ended."""
    if not wanted:
        return
    log, lines = logging.getLogger("smsbridge"), _Lines(logging.DEBUG)
    level = log.level
    log.addHandler(lines)
    log.setLevel(logging.DEBUG)
    context.call_on_close(lambda: log.setLevel(level))
    context.call_on_close(lambda: log.removeHandler(lines))
