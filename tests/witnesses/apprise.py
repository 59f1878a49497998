"""Apprise: one adapter for all its services; ``url`` is Apprise's own, a template over the job."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from apprise import Apprise, NotifyFormat


def send(job: dict[str, Any]) -> bool:
    """Return whether Apprise says that it was sent."""
    own = {name: job[name] for name in ("to", "sender", "host")}
    values = {**own, **job["credentials"]}
    digits = {f"{name}_digits": value.lstrip("+") for name, value in values.items()}
    safe = {name: quote(value, safe="") for name, value in (values | digits).items()}
    service = Apprise()
    assert service.add(job["settings"]["url"].format(**safe)), "Apprise can't read the URL"
    return bool(service.notify(body=job["text"], body_format=NotifyFormat.TEXT))
