"""4jawaly's own SDK."""

from __future__ import annotations

from typing import Any

from sms4jawaly_py import SMS4JawalyClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the job."""
    keys = job["credentials"]
    client = SMS4JawalyClient(keys["username"], keys["password"], job["sender"])
    return client.send_single_sms(job["to"].lstrip("+"), job["text"]).job_id
