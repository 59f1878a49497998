"""aio-kavenegar, a client of Kavenegar."""

from __future__ import annotations

import asyncio
from typing import Any

from aio_kavenegar import AIOKavenegarAPI


def send(job: dict[str, Any]) -> Any:
    """Return the answer."""
    client = AIOKavenegarAPI(job["credentials"]["api_key"])
    to = job["to"].lstrip("+")
    message = {"receptor": to, "message": job["text"], "sender": job["sender"]}
    return asyncio.run(client.sms_send(message))
