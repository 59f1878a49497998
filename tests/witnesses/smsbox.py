"""pysmsboxnet, a client of SMSBox."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import ClientSession
from pysmsboxnet.api import Client


async def _send(job: dict[str, Any]) -> Any:
    async with ClientSession(trust_env=True) as session:
        client = Client(session, "api.smsbox.pro", job["credentials"]["api_key"])
        options = {"origine": job["sender"], "id": "1"}
        return await client.send(job["to"], job["text"], "Expert", options)


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    return asyncio.run(_send(job))
