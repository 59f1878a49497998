"""AfroMessage's own SDK."""

from __future__ import annotations

from typing import Any

from afromessage import AfroMessage
from afromessage.models.sms_models import SendSMSRequest


def send(job: dict[str, Any]) -> Any:
    """Return the answer."""
    request = SendSMSRequest(to=job["to"], message=job["text"], sender=job["sender"])
    return AfroMessage(token=job["credentials"]["token"]).sms.send(request)
