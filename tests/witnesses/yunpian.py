"""Yunpian's own SDK."""

from __future__ import annotations

from typing import Any

from yunpian_python_sdk.ypclient import YunpianClient


def send(job: dict[str, Any]) -> Any:
    """Return whether it was taken."""
    client = YunpianClient(job["credentials"]["api_key"])
    return client.sms().single_send({"mobile": job["to"], "text": job["text"]}).is_succ()
