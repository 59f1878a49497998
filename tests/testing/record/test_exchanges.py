"""What is kept has a limit, and what is beyond is noted."""

from __future__ import annotations

from smsbridge.http.exchange import Request
from smsbridge.testing.record.exchanges import (
    MOST_BYTES,
    MOST_EXCHANGES,
    Exchanges,
    RecordedExchange,
)


def exchange(size: int = 0) -> RecordedExchange:
    request = Request(method="POST", url="https://sms.example/", body=bytes(size))
    return RecordedExchange(connection=1, request=request)


def test_what_was_taken_is_taken_once() -> None:
    kept = Exchanges(lambda _: None)
    kept.keep(one := exchange())
    assert (kept.take(), kept.take()) == ([one], [])


def test_more_than_the_limit_is_noted_and_told_once() -> None:
    told: list[str] = []
    kept = Exchanges(told.append)
    for _ in range(MOST_EXCHANGES + 2):
        kept.keep(exchange())
    assert len(kept.take()) == MOST_EXCHANGES
    assert (len(told), kept.notes.total()) == (1, 2)
    kept.keep(exchange(MOST_BYTES + 1))
    assert kept.take() == []


def test_an_exchange_shows_nothing_of_its_content() -> None:
    assert "sms.example" not in repr(exchange())


def test_documents_are_kept_by_address() -> None:
    kept = Exchanges(lambda _: None)
    kept.keep_contract("https://sms.example/?wsdl", b"<a/>")
    assert kept.contracts() == {"https://sms.example/?wsdl": b"<a/>"}
