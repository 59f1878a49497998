"""What a command writes: data to stdout, messages to stderr; neither changes how it ends."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import click

_GONE = {errno.EPIPE, errno.ESHUTDOWN}


class Unwritten(Exception):
    """stdout can't be written. ``why`` says so; ``gone``: its reader has gone away."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        """``why`` is what the system said."""
        self.why = f"stdout can't be written: {why}"
        self.gone = gone
        super().__init__(self.why)


def put(line: str = "") -> None:
    """Write a line of data to stdout. Raises `Unwritten`; then it is given up."""
    if sys.stdout is None:
        raise Unwritten("it is closed")
    try:
        click.echo(line)
    except (OSError, ValueError) as error:
        raise give_up_stdout(error) from None


def say(line: str = "") -> None:
    """Write a line to stderr, if possible."""
    try:
        click.echo(line, err=True)
    except (OSError, ValueError):
        give_up("stderr")


@contextmanager
def keep_exit_code() -> Iterator[None]:
    """Show what was done: if stdout can't be written, stderr says so; the exit code stays."""
    try:
        yield
    except Unwritten as error:
        say(f"smsbridge: {error}")


def give_up_stdout(error: OSError | ValueError) -> Unwritten:
    """Give stdout up, and return the error that says why it was not written."""
    give_up("stdout")
    why = getattr(error, "strerror", None) or type(error).__name__
    return Unwritten(why, gone=getattr(error, "errno", None) in _GONE)


def give_up(name: Literal["stdout", "stderr"]) -> None:
    """Redirect a stream to nowhere, with what it still holds: an exit would write it again."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, getattr(sys, name).fileno())
        os.close(nowhere)
        getattr(sys, name).flush()
    except (OSError, ValueError, AttributeError):  # it is not a file, or not open any more
        setattr(sys, name, io.StringIO())


def flush() -> None:
    """Write what both still hold, where they can be written."""
    for name in ("stdout", "stderr"):
        try:
            if getattr(sys, name) is not None:
                getattr(sys, name).flush()
        except (OSError, ValueError):
            give_up(name)
