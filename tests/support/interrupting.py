"""An interrupt at a line of some functions, as Ctrl-C may come at any."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any


@dataclass
class Interrupt:
    """Whether it came."""

    came: bool = False


@contextmanager
def interrupt_at(module: ModuleType, names: set[str], line: int) -> Iterator[Interrupt]:
    """Raise KeyboardInterrupt in this thread before the given line that these functions run.

    Never before the end of a ``with``: Python looks for signals after a call, which is its exit.
    """
    made, left, last = Interrupt(), line, dict[FrameType, int]()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        back, last[frame] = frame.f_lineno < last.get(frame, 0), frame.f_lineno
        ours = frame.f_code.co_filename == module.__file__ and frame.f_code.co_name in names
        if event == "call":
            return trace if ours else None
        if event == "line" and not made.came and not back:
            left -= 1
            if left < 0:
                made.came = True
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield made
    finally:
        sys.settrace(before)
