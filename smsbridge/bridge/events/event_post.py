"""Posts the webhook of an event, and interprets the answer.

It connects only to public addresses and the endpoint's networks, follows no redirects, uses no
proxy from the environment, verifies TLS, and has one overall deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urlsplit

from smsbridge.backends.console import Console
from smsbridge.bridge.doors.webhook_config import WebhookConfig
from smsbridge.http.exchange import Broken, Request, Response
from smsbridge.http.public_address import may_connect
from smsbridge.http.requests_transport import RequestsTransport

SECONDS = 15.0
_OK = range(200, 300)


class TryResult(StrEnum):
    """How a try ended: delivered, failed, or the receiver wants no more (HTTP 410)."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """How a try ended, and why. ``retry_after``: the receiver's ``Retry-After`` in seconds."""

    result: TryResult
    why: str
    retry_after: float | None = None


class EventPost:
    """Posts to one endpoint over persistent connections. Thread-safe."""

    def __init__(
        self,
        config: WebhookConfig,
        *,
        seconds: float = SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``seconds``: the deadline of one post, after name resolution."""
        self._seconds, self._now = seconds, now
        public = urlsplit(config.url).scheme == "https"
        self._transport = RequestsTransport(
            Console(),
            may_connect=lambda address: may_connect(address, config.networks, public=public),
        )

    def post(self, request: Request) -> Posted:
        """Post, and return the result. Nothing that the receiver does raises an error."""
        try:
            answer = self._transport.send(request, time.monotonic() + self._seconds)
        except Broken as broken:
            return Posted(result=TryResult.FAILED, why=broken.why)
        return judge(answer, self._now())

    def close(self) -> None:
        """Close open connections."""
        self._transport.close()


def judge(answer: Response, now: datetime) -> Posted:
    """Return what an answer means: only a 2xx is a success."""
    why = f"HTTP {answer.status}"
    with suppress(ValueError):
        why = f"{why} {HTTPStatus(answer.status).phrase}"
    if answer.status in _OK:
        return Posted(result=TryResult.DELIVERED, why=why)
    if answer.status == HTTPStatus.GONE:
        return Posted(result=TryResult.GONE, why=why)
    return Posted(result=TryResult.FAILED, why=why, retry_after=answer.retry_after(now))
