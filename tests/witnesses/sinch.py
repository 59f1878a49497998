"""Sinch's own SDK."""

from __future__ import annotations

from typing import Any

from sinch import SinchClient


def send(job: dict[str, Any]) -> Any:
    """Return the id of the batch."""
    keys = job["credentials"]
    client = SinchClient(
        service_plan_id=keys["service_plan_id"], sms_api_token=keys["api_token"], sms_region="us"
    )
    return client.sms.batches.send_sms(to=[job["to"]], from_=job["sender"], body=job["text"]).id
