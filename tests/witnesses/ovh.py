"""OVH's own SDK: it signs, and says what it is given."""

from __future__ import annotations

from typing import Any

from ovh import Client


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    client = Client(
        endpoint="ovh-eu",
        application_key=keys["application_key"],
        application_secret=keys["application_secret"],
        consumer_key=keys["consumer_key"],
    )
    said = {"sender": job["sender"], "receivers": [job["to"]], "message": job["text"]}
    return client.post(f"/sms/{keys['service_name']}/jobs", charset="UTF-8", **said)["ids"][0]
