"""A status tells whether the service was in trouble, or whether it has changed."""

from __future__ import annotations

from smsbridge.http.exchange import Response
from smsbridge.testing.drift.live import LiveService
from smsbridge.testing.fixture.load import load
from smsbridge.testing.mock.default import sample_backend

from support.each import each


@each(
    ("status", "verdict"),
    [
        (200, "empty"),
        (201, "drifts"),
        (301, "drifts"),
        (400, "drifts"),
        (404, "drifts"),
        *((status, "not asked") for status in (401, 403, 408, 425, 429, 500, 503)),
    ],
)
def test_a_status_is_trouble_or_drift(status: int, verdict: str) -> None:
    body = b'{"result": {"error": 0, "sms": []}}'
    service = LiveService(sample_backend(), lambda _: Response(status=status, body=body))
    (one,) = service.ask_again(load("smsmobileapi/sent/page-rest"))
    assert one.verdict == verdict
