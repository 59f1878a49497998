"""What a client must make of a recording is what the table makes of its answer."""

from __future__ import annotations

from typing import Any

from smsbridge.http.exchange import Response
from smsbridge.testing.record.expectation import expectation_of
from smsbridge.testing.record.recorded_conversation import RecordedConversation

from support.each import each
from support.recorded import answered, asked, by_table, decoded, exchange

FORM = {"recipients": "+12025550123", "message": "Hello", "apikey": "test-key"}


@each(
    ("response", "expect"),
    [
        (answered(), {"outcome": "accepted", "id": "7f"}),
        (
            answered({"error": 403}, 403),
            {"outcome": "rejected", "reason": "authentication", "code": "403"},
        ),
        (answered({}, 500), {"outcome": "unknown"}),
        (answered({}, 429), {"outcome": "not_sent"}),
    ],
)
def test_a_send_ends_as_the_table_says(response: Response, expect: dict[str, Any]) -> None:
    kept = decoded(exchange(asked(form=FORM), response), by_table())
    found = expectation_of(RecordedConversation([kept]), by_table())
    assert found is not None
    assert found.keys == {
        "message": {"recipient": "+12025550123", "text": "Hello"},
        "expect": expect,
    }


def test_nothing_is_expected_without_a_table_or_an_answer() -> None:
    without = decoded(exchange(asked(form=FORM)))
    assert expectation_of(RecordedConversation([without]), by_table()) is None
    broken = decoded(exchange(asked(form=FORM), "silence"), by_table())
    assert expectation_of(RecordedConversation([broken]), by_table()) is None
