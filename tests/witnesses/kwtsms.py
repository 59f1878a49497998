"""kwtSMS's own SDK."""

from __future__ import annotations

import os
from typing import Any

from kwtsms import KwtSMS


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    client = KwtSMS(
        keys["username"], keys["password"], sender_id=job["sender"], log_file=os.devnull
    )
    return client.send(job["to"], job["text"])["msg-id"]
