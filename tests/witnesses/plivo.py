"""Plivo's own SDK; its proxy and its issuers are settings of its own."""

from __future__ import annotations

import os
from typing import Any

from plivo import RestClient


def send(job: dict[str, Any]) -> Any:
    """Return the ids of the message."""
    keys = job["credentials"]
    proxies = {"https": os.environ["HTTPS_PROXY"]}
    client = RestClient(keys["username"], keys["password"], proxies=proxies, timeout=60)
    client.session.verify = os.environ["SSL_CERT_FILE"]
    to = job["to"].lstrip("+")
    return client.messages.create(src=job["sender"], dst=to, text=job["text"]).message_uuid
