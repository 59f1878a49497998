"""A client of Luosimao."""

from __future__ import annotations

from typing import Any

from luosimao import LuosimaoClient


def send(job: dict[str, Any]) -> Any:
    """Return the answer."""
    return LuosimaoClient(job["credentials"]["password"]).send_sms(job["to"], job["text"])
