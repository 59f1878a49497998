"""The SDK of Asr Fara Ertebat."""

from __future__ import annotations

from typing import Any

from afeSMS import Send2


def send(job: dict[str, Any]) -> Any:
    """Return whether what is said is the id of the message: a number."""
    given, numbers = job["credentials"], [job["to"].removeprefix("+")]
    (said,) = Send2(given["username"], given["password"], job["sender"], numbers, job["text"])
    return said.isdigit() and said
