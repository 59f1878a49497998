"""A client reaches the mock provider without any socket."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from smsbridge import (
    AsyncClient,
    Client,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
    Submission,
)
from smsbridge.errors import Outcome
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.testing.faults.table import WORDS, Place, fault
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import AsyncInProcess, InProcess

from support.each import each
from support.fixture_texts import BREAKS

NUMBER = "+12025550123"
HEALTH = Request(method="GET", url="https://api.smsmobileapi.com/_mock/health")
BROKEN = ("reset-after-request", "silence", "half-headers", "half-body", "garbage", "bad-framing")
ENDS = {
    Outcome.ACCEPTED: Submission,
    Outcome.NOT_SENT: NotSent,
    Outcome.REJECTED: Rejected,
    Outcome.UNKNOWN: OutcomeUnknown,
}
BY_BYTES = {"reset-on-accept": NotSent, "reset-mid-request": NotSent}


def provider(protocol: str = "rest", scenario: str | None = None) -> Provider:
    backend = sample_backend()
    return Provider(replace(backend, protocol=protocol), scenario)


def later() -> float:
    return time.monotonic() + 30


def test_the_answer_is_the_providers() -> None:
    answer = InProcess(provider()).send(HEALTH, later())
    assert isinstance(answer, Response)
    assert (answer.status, answer.body) == (
        200,
        b'{"status": "ok", "scenario": "smsmobileapi/default", "provenance": "ASSUMED"}',
    )


def test_the_async_answer_is_the_providers() -> None:
    played = provider()
    answer = asyncio.run(AsyncInProcess(played).send(HEALTH, later()))
    assert answer == InProcess(played).send(HEALTH, later())


def test_closing_does_nothing_and_the_provider_still_answers() -> None:
    carrier, other = InProcess(provider()), AsyncInProcess(provider())
    carrier.close()
    asyncio.run(other.close())
    assert carrier.send(HEALTH, later()).status == 200
    assert asyncio.run(other.send(HEALTH, later())).status == 200


def test_a_client_sends(protocol: str) -> None:
    played = provider(protocol)
    with Client(played.backend, transport=InProcess(played)) as client:
        submission = client.send(NUMBER, "Hello")
    assert isinstance(submission, Submission)
    assert [(taken.recipient, taken.text) for taken in played.messages] == [(NUMBER, "Hello")]
    assert played.messages[0].protocol == protocol


def test_an_async_client_sends(protocol: str) -> None:
    played = provider(protocol)

    async def run() -> Submission:
        async with AsyncClient(played.backend, transport=AsyncInProcess(played)) as client:
            return await client.send(NUMBER, "Hello")

    submission = asyncio.run(run())
    assert submission.protocol == protocol
    assert submission.id == played.scenario.minted["id"]
    assert [taken.protocol for taken in played.messages] == [protocol]


def test_a_refusal_is_the_clients_refusal(protocol: str) -> None:
    played = provider(protocol, "smsmobileapi/send/provider-error")
    with Client(played.backend, transport=InProcess(played)) as client, pytest.raises(Rejected):
        client.send(NUMBER, "Hello")
    assert played.messages == []


@each("name", BROKEN)
def test_a_fault_of_the_wire_breaks_after_the_whole_request_had_left(
    protocol: str, name: str
) -> None:
    played = provider(protocol)
    played.play(parse(BREAKS % name, "shop/breaks"))
    with Client(played.backend, transport=InProcess(played)) as client:
        with pytest.raises(OutcomeUnknown, match=name):
            client.send(NUMBER, "Hello")
        with pytest.raises(Broken) as caught:
            InProcess(played).send(played.requests[-1], later())
    assert caught.value.left is Left.ALL


@each("word", [word for word in WORDS if word != "drip-body"])
def test_each_row_of_the_table_holds_without_a_socket(protocol: str, word: str) -> None:
    broken = fault(word)
    if protocol not in broken.entry.protocols or broken.name == "wsdl-gone":
        return
    played = provider(protocol)
    played.fault = word
    ended = broken.ends.outcome
    kind = ENDS[ended] if ended else BY_BYTES.get(broken.name, Submission)
    kept = int(broken.taken or kind is Submission)
    with Client(played.backend, transport=InProcess(played)) as client:
        try:
            outcome: Submission | SendError = client.send(NUMBER, "Hello")
        except SendError as error:
            outcome = error
    assert isinstance(outcome, kind)
    assert broken.ends.says in str(outcome) or broken.entry.place is Place.ADDRESS
    if isinstance(outcome, NotSent):
        assert outcome.retry is broken.ends.retry
    assert len(played.messages) == kept


def test_a_body_that_drips_is_whole_before_the_deadline_or_it_is_broken() -> None:
    played = provider()
    played.fault = "drip-body"
    with Client(played.backend, transport=InProcess(played)) as client:
        client.send(NUMBER, "Hello")
    with pytest.raises(Broken, match="in time") as caught:
        InProcess(played).send(played.requests[-1], time.monotonic() + 1)
    assert caught.value.left is Left.ALL


@each("name", BROKEN)
def test_a_fault_of_the_wire_breaks_an_async_client_too(name: str) -> None:
    played = provider()
    played.play(parse(BREAKS % name, "shop/breaks"))

    async def run() -> None:
        async with AsyncClient(played.backend, transport=AsyncInProcess(played)) as client:
            await client.send(NUMBER, "Hello")

    with pytest.raises(OutcomeUnknown, match=name):
        asyncio.run(run())
    assert len(played.messages) == 1
