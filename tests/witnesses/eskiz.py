"""A client of Eskiz.uz; it takes no proxy, so its base URL is the proxy."""

from __future__ import annotations

import os
from typing import Any

from eskiz import EskizSMS


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    base = f"{os.environ['HTTPS_PROXY']}/api"
    with EskizSMS(email=keys["email"], password=keys["password"], base_url=base) as client:
        return client.sms.send(
            mobile_phone=job["to"], message=job["text"], from_whom=job["sender"]
        ).id
