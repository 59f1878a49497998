"""A client of Beem Africa; who sends tells it which texts are unicode."""

from __future__ import annotations

from typing import Any

from beem_sms import BeemSMSClient, SMSEncoding


def send(job: dict[str, Any]) -> Any:
    """Return the id of the request."""
    keys = job["credentials"]
    client = BeemSMSClient(keys["username"], keys["password"])
    encoding = SMSEncoding.UNICODE if "😀" in job["text"] else SMSEncoding.PLAIN_TEXT
    return client.send_sms(job["sender"], job["to"], job["text"], encoding).request_id
