"""What one check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found. ``todo`` is what to do, empty where all is well.

    ``warns``: all is well, except for what is said.
    """

    name: str
    said: str
    todo: str = ""
    warns: bool = False

    @property
    def well(self) -> bool:
        """Whether nothing is to be done."""
        return not self.todo
