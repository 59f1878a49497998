"""A backend that keeps the contract, and twins of it that each break one clause."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from smsbridge import (
    Backend,
    Fields,
    Message,
    Operation,
    OutcomeUnknown,
    Protocol,
    Question,
    Reason,
    Rejected,
    Rest,
    Secret,
    SendError,
    Status,
    Submission,
    When,
    backend,
)
from smsbridge.http.exchange import Broken, Exchange, Session
from smsbridge.testing.contract.clause import clauses, judge
from smsbridge.testing.contract.ruling import Judgement, Ruling
from smsbridge.testing.contract.subject import Subject
from smsbridge.testing.fixture.load import Fixture, parse

OK = 200
HEAD = """\
smsbridge-fixture: 1
id: {id}
title: A fixture of a test
provenance: {{source: ASSUMED, evidence: made up for a test, date: "2026-11-29"}}
protocols: [rest]
"""
ACCEPTED = """\
message: {recipient: "+12025550123", text: Hello, reference: r-1}
expect: {outcome: accepted, id: "{minted:id}", status: queued}
interactions:
  - id: send
    request:
      path: /sms
      headers: {x-key: "{secret:key}"}
      json: {to: "+12025550123", body: Hello, ref: r-1}
    response: {json: {state: queued, id: "{mint:id}"}}
"""
REFUSED = """\
message: {recipient: "+12025550123", text: Hello, reference: r-1}
expect: {outcome: rejected, reason: recipient, code: "12"}
interactions:
  - id: send
    call: {operation: send}
    response: {json: {error: "12"}}
"""
ARRIVED = """\
do: {operation: status, id: q-1}
expect: {outcome: answered, rows: [{id: q-1, status: delivered}]}
interactions:
  - id: status
    request: {method: GET, path: /sms/q-1, headers: {x-key: "{secret:key}"}}
    response: {json: {id: q-1, state: arrived}}
"""


def fixture(name: str, text: str) -> Fixture:
    return parse(HEAD.format(id=name) + text, name)


FIXTURES = {
    "send": fixture("honest/send/accepted", ACCEPTED),
    "refused": fixture("honest/send/refused", REFUSED),
    "status": fixture("honest/status/arrived", ARRIVED),
}
SEND = Operation(
    "POST /sms",
    {"to": "{recipient}", "body": "{text}", "ref": "{reference}", "from": "{sender}"},
    When({"state": "queued"}, id="id", status="state"),
    rejected={"error": {"12": Reason.RECIPIENT, "40": Reason.AUTHENTICATION, "*": Reason.OTHER}},
)
STATUS = Question("GET /sms/{id}", {}, row={"id": "id", "status": "state"})


@backend
class Honest(Backend):
    """Keeps every clause."""

    name = "honest"
    url = "https://api.honest.example"
    key: Secret
    statuses = {"queued": Status.QUEUED, "arrived": Status.DELIVERED}
    protocols = {
        "rest": Protocol(Rest(body="json"), Fields(headers={"X-Key": "{key}"}), SEND, STATUS)
    }


def subject(kind: type[Backend] = Honest, *without: str) -> Subject:
    """Return a backend with the fixtures, but for those of some names."""
    given = [one for name, one in FIXTURES.items() if name not in without]
    return Subject(kind(key=Secret("any")), given)  # type: ignore[call-arg]  # each has a key


@backend
class SendsTwice(Honest):
    """Sends again after a time-out."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        try:
            return (yield from super().send(message, session))
        except OutcomeUnknown as error:
            if "time" not in error.why:
                raise
        return (yield from super().send(message, session))


@backend
class ShowsTheKey(Honest):
    """Quotes its key in an error."""

    def outcome(self, *given: Any) -> Submission | SendError:
        end = super().outcome(*given)
        if isinstance(end, Rejected):
            why = f"the key {self.key.reveal()} was refused"
            return type(end)(why, end.attempt, reason=end.reason, code=end.code)
        return end


@backend
class Follows(Honest):
    """Follows a redirect."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        exchange = super().send(message, session)
        try:
            request = next(exchange)
            while True:
                try:
                    response = yield request
                    if response.status in (301, 302, 303, 307, 308):
                        there = urljoin(request.url, response.header("location"))
                        response = yield replace(request, url=there)
                except Broken as broken:
                    request = exchange.throw(broken)
                else:
                    request = exchange.send(response)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what an exchange returns


@backend
class Claims(Honest):
    """Declares a sender, and never says it."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        return (yield from super().send(replace(message, sender=None), session))


@backend
class AsyncDiffers(Honest):
    """Writes another reference in an event loop."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            message = replace(message, reference=f"{message.reference}-async")
        return (yield from super().send(message, session))


@backend
class DropsEmoji(Honest):
    """Leaves out what is beyond the first plane."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        text = "".join(char for char in message.text if ord(char) <= 0xFFFF)
        return (yield from super().send(replace(message, text=text), session))


@backend
class MistakesReasons(Honest):
    """Takes a wrong number for bad content."""

    protocols = {
        "rest": replace(
            Honest.protocols["rest"],
            send=replace(SEND, rejected={"error": {"12": Reason.CONTENT, "*": Reason.OTHER}}),
        )
    }


@backend
class Remembers(Honest):
    """Sends to whom it sent before."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        first = session.kept.setdefault("first", message.recipient)
        return (yield from super().send(replace(message, recipient=first), session))


@backend
class TakesItsTime(Honest):
    """Sets a time-out of its own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "timeout", 3600.0)


@backend
class Believes(Honest):
    """Takes a 200 for an acceptance."""

    def outcome(self, *given: Any) -> Submission | SendError:
        operation, _, response, _, attempt = given
        end = super().outcome(*given)
        believed = isinstance(operation, Operation) and response.status == OK
        return (
            Submission(id=None, attempt=attempt) if believed and isinstance(end, SendError) else end
        )


TWINS: Mapping[type[Backend], str] = {
    SendsTwice: "C6",
    ShowsTheKey: "C13",
    Follows: "C8",
    Claims: "C3",
    AsyncDiffers: "C2",
    DropsEmoji: "C12",
    MistakesReasons: "C10",
    Remembers: "C15",
    TakesItsTime: "C16",
    Believes: "C7",
}
"""Each twin, and the clause that it breaks."""


def ruling(number: int, judged: Subject) -> Ruling:
    """Return how one clause ends."""
    return judge(next(one for one in clauses() if one.number == number), judged)


def findings(number: int, kind: type[Backend] = Honest, *without: str) -> list[str]:
    """Return what a clause finds of a backend; empty where it passes."""
    ended = ruling(number, subject(kind, *without))
    assert (ended.judgement is Judgement.PASS) == (not ended.findings)
    return list(ended.findings)
