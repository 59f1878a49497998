"""One way: the fixture of pytest. The application keeps its production config."""

import pytest
from reminders import remind, states, webhooks

ANN = "+12025550123"


def test_a_patient_is_reminded_once(smsbridge_mock):
    remind(ANN, "9:30")
    assert "9:30" in smsbridge_mock.sent_to(ANN).text
    smsbridge_mock.nothing_else_sent()
    assert not smsbridge_mock.doubled()


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("not_sent", "to be sent"), ("rejected", "refused: request"), ("unknown", "unknown")],
)
def test_each_outcome_is_written_down(smsbridge_mock, outcome, state):
    smsbridge_mock.next(outcome)
    remind(ANN, "9:30")
    assert states[ANN] == state


def test_whoever_replies_no_has_cancelled(smsbridge_mock):
    smsbridge_mock.deliver_to(webhooks, secrets=["the-webhook-secret"])
    remind(ANN, "9:30")
    smsbridge_mock.reply(smsbridge_mock.sent_to(ANN), "no")
    assert states[ANN] == "cancelled"
