"""The mock concludes from an answer what its client does."""

from __future__ import annotations

from dataclasses import replace

from smsbridge import Outcome, Secret
from smsbridge.http.exchange import Response, Session
from smsbridge.serving.rest import json_response
from smsbridge.testing.mock.conclusions import Conclusions
from smsbridge.testing.mock.default import sample_backend

from support.each import each
from support.mocking import sending
from support.received import received

BACKEND = sample_backend()
TAKEN = json_response(200, {"result": {"error": 0, "sent": "1", "id": "m-1"}})


@each(
    ("answer", "outcome"),
    [
        (TAKEN, Outcome.ACCEPTED),
        (json_response(401, {"result": {"error": 401}}), Outcome.REJECTED),
        (json_response(429, {}), Outcome.NOT_SENT),
        (json_response(200, {}), Outcome.UNKNOWN),
    ],
)
def test_each_outcome_is_concluded(answer: Response, outcome: Outcome) -> None:
    (end,) = Conclusions(BACKEND, Session()).of(received(BACKEND, sending()), answer)
    assert end.outcome is outcome


def test_another_account_concludes_the_same() -> None:
    conclusions = Conclusions(BACKEND, Session())
    for key in ("test-key", "other-key"):
        account = replace(BACKEND, api_key=Secret(key))
        conclusions.begin(account)
        (end,) = conclusions.of(received(account, sending(key)), TAKEN)
        assert end.outcome is Outcome.ACCEPTED
