"""What of a connection is kept: requests with their answers, faults, and contracts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from smsbridge.http.answer import Reading
from smsbridge.http.decompress import BadEncoding, UnknownEncoding, inflate
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.record.addresses import Move, is_contract
from smsbridge.testing.record.exchanges import Exchanges, RecordedExchange
from smsbridge.testing.record.relayed_request import RelayedRequest

MOST_REQUEST = 1024 * 1024
MOST_ANSWER = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ExchangeKeeper:
    """Keeps what was said on one connection, decoded, at the provider's address."""

    connection: int
    move: Move
    exchanges: Exchanges

    def note(self, what: str) -> None:
        """Note what happened and is not in the fixtures."""
        self.exchanges.note(what)

    def contract(self, reading: RelayedRequest, answer: Reading) -> bytes | None:
        """Return a WSDL or a schema whose addresses are at the proxy; None for anything else."""
        body = self._response(answer).body
        if answer.status != HTTPStatus.OK or not is_contract(body):
            return None
        self.exchanges.keep_contract(self.move.provider + reading.target, body)
        moved, past = self.move.contract(body)
        for host in dict.fromkeys(past):
            self.note(f"the calls that the WSDL sends to {host}: record it by its own --to")
        return moved

    def keep(self, reading: RelayedRequest, answer: Reading) -> None:
        """Keep a request with its answer, or the fault that the answer is."""
        response = self._response(answer)
        if response.body and reading.method == "GET" and is_contract(response.body):
            return  # it is kept as a document
        if reading.is_cut or len(response.body) > MOST_ANSWER:
            self.note("a request or an answer that is too large to keep")
            return
        match _encoding_error(answer, response):
            case UnknownEncoding():
                self.note("an answer in an encoding that can't be read, such as br or zstd")
                return
            case BadEncoding():
                self.keep_fault(reading, "bad-gzip")
                return
        self.exchanges.keep(
            RecordedExchange(
                connection=self.connection, request=self.request(reading), response=response
            )
        )

    def keep_fault(self, reading: RelayedRequest, fault: str) -> None:
        """Keep a request with the fault that it met."""
        if reading.is_cut:
            self.note("a request or an answer that is too large to keep")
            return
        self.exchanges.keep(
            RecordedExchange(connection=self.connection, request=self.request(reading), fault=fault)
        )

    def request(self, reading: RelayedRequest) -> Request:
        """Return a request as the provider gets it, with its body decoded."""
        target = reading.target if reading.target.startswith("/") else f"/{reading.target}"
        made = Request(
            method=reading.method,
            url=self.move.provider + target,
            headers=reading.headers,
            body=reading.body,
        )
        try:
            body = inflate(made.body, made.header("content-encoding"), MOST_REQUEST)
        except BadEncoding:
            return made
        return replace(made, body=body)

    def _response(self, answer: Reading) -> Response:
        made = Response(status=answer.status, headers=answer.headers, body=answer.body)
        try:
            body = inflate(made.body, made.header("content-encoding"), MOST_ANSWER + 1)
        except BadEncoding:
            return made
        return replace(made, body=body)


def _encoding_error(answer: Reading, response: Response) -> BadEncoding | None:
    """Return why a body is not what its Content-Encoding says; None if it is."""
    said = response.header("content-encoding")
    if not answer.body or not said:
        return None
    try:
        inflate(answer.body, said, MOST_ANSWER + 1)
    except BadEncoding as error:
        return error
    return None
