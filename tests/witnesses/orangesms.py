"""python-orange-sms, a client of Orange's SMS API."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from python_orange_sms.utils import SMS


def send(job: dict[str, Any]) -> Any:
    """Return whether it was taken."""
    keys = job["credentials"]
    pair = b64encode(f"{keys['client_id']}:{keys['client_secret']}".encode()).decode()
    client = SMS(f"Basic {pair}", job["sender"])
    number, recipient = keys["sender_number"].lstrip("+"), job["to"].lstrip("+")
    return client.send_sms(number, recipient, job["text"]).ok
