"""Sunway's own SDK, which prints what it is told."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from typing import Any

from sunwaysms import Sunway


def send(job: dict[str, Any]) -> Any:
    """Return whether an id was told: a number of more than three digits."""
    given, told = job["credentials"], io.StringIO()
    number = job["to"].removeprefix("+")
    with redirect_stdout(told):
        Sunway.sendarray(given["username"], given["password"], number, job["text"], job["sender"])
    return re.search("[0-9]{4}", told.getvalue())
