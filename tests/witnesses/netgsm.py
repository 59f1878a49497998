"""Netgsm's own SDK."""

from __future__ import annotations

from typing import Any

from netgsm import Netgsm


def send(job: dict[str, Any]) -> Any:
    """Return the id of the job."""
    keys = job["credentials"]
    message = {"msg": job["text"], "no": job["to"].lstrip("+")}
    client = Netgsm(keys["username"], keys["password"])
    return client.sms.send(job["sender"], [message])["jobid"]
