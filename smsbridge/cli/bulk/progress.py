"""How far a run over many messages has got: a bar on a terminal, else an occasional line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from smsbridge.cli.streams import say
from smsbridge.errors import Outcome
from smsbridge.message import Status

EVERY_SECONDS = 10.0
_WORDS = tuple(dict.fromkeys([*map(str, Outcome), *map(str, Status)]))


@contextmanager
def show_progress(rows: int, counts: Mapping[str, int]) -> Iterator[Callable[[], None]]:
    """Show the progress of a run: a bar on a terminal, else an occasional line."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield progress_lines(rows, counts, time.monotonic)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("", total=rows, said="")

    def show() -> None:
        bar.update(task, completed=sum(counts.values()), said=summary(counts, 0))

    show()
    try:
        with suppress(OSError):
            bar.start()
        yield show
    finally:
        with suppress(OSError):
            bar.stop()


def progress_lines(
    rows: int, counts: Mapping[str, int], monotonic: Callable[[], float]
) -> Callable[[], None]:
    """Return what says how far a run has got, in an occasional line."""
    said = monotonic()

    def show() -> None:
        nonlocal said
        if monotonic() - said >= EVERY_SECONDS:
            said = monotonic()
            done = sum(counts.values())
            say(f"{done} of {rows}: {summary(counts, 0)}")

    return show


def summary(counts: Mapping[str, int], left: int) -> str:
    """Return how many ended or stand in each way; ``left`` are those that were not tried."""
    words = [f"{word} {counts[word]}" for word in _WORDS if counts[word]]
    return ", ".join([*words, *([f"not tried {left}"] if left else [])]) or "nothing yet"
