"""What is kept of a connection: in plain, and nothing that a fixture can't hold."""

from __future__ import annotations

import gzip

from smsbridge.http.answer import Reading
from smsbridge.testing.record.addresses import Move
from smsbridge.testing.record.exchange_keeper import MOST_REQUEST, ExchangeKeeper
from smsbridge.testing.record.exchanges import Exchanges
from smsbridge.testing.record.relayed_request import RelayedRequest

WSDL = (
    b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" '
    b'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"><service name="S"><port name="P">'
    b'<soap:address location="http://provider.example/soap"/></port></service></definitions>'
)


def keeper() -> ExchangeKeeper:
    move = Move("http://provider.example", "http://127.0.0.1:8766")
    return ExchangeKeeper(connection=1, move=move, exchanges=Exchanges(lambda _: None))


def request(method: str, target: str, body: bytes = b"", *fields: bytes) -> RelayedRequest:
    reading = RelayedRequest(lambda lines: lines, MOST_REQUEST)
    head = [f"{method} {target} HTTP/1.1".encode(), b"Content-Length: %d" % len(body), *fields]
    reading.relay(b"\r\n".join([*head, b"", body]))
    return reading


def answer(body: bytes, *fields: bytes) -> Reading:
    reading = Reading("GET", 1024 * 1024)
    head = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *fields]
    reading.feed(b"\r\n".join([*head, b"", body]))
    return reading


def test_both_bodies_are_kept_decoded_at_the_address_of_the_provider() -> None:
    kept, packed = keeper(), b"Content-Encoding: gzip"
    kept.keep(request("POST", "/send", gzip.compress(b"to=1"), packed), answer(b"OK"))
    kept.keep(request("POST", "/send"), answer(gzip.compress(b"OK"), packed))
    first, second = kept.exchanges.take()
    assert (first.request.url, first.request.body) == ("http://provider.example/send", b"to=1")
    assert first.response is not None
    assert second.response is not None
    assert first.response.body == second.response.body == b"OK"


def test_an_answer_that_is_not_what_its_encoding_says_is_kept_as_that_fault() -> None:
    kept = keeper()
    kept.keep(request("POST", "/send"), answer(b"plain", b"Content-Encoding: gzip"))
    assert [(one.fault, one.response) for one in kept.exchanges.take()] == [("bad-gzip", None)]


def test_an_answer_in_an_encoding_that_cant_be_read_is_noted_and_not_kept() -> None:
    kept = keeper()
    kept.keep(request("POST", "/send"), answer(b"\x0b\x02\x80hello\x03", b"Content-Encoding: br"))
    assert kept.exchanges.take() == []
    assert list(kept.exchanges.notes) == [
        "an answer in an encoding that can't be read, such as br or zstd"
    ]


def test_a_contract_is_kept_as_a_document_and_passed_on_with_the_address_of_the_proxy() -> None:
    kept = keeper()
    asked, given = request("GET", "/soap?wsdl"), answer(WSDL)
    moved = kept.contract(asked, given)
    kept.keep(asked, given)
    assert kept.exchanges.take() == []
    assert moved == WSDL.replace(b"http://provider.example", b"http://127.0.0.1:8766")
    assert kept.contract(request("GET", "/"), answer(b"<a/>")) is None
