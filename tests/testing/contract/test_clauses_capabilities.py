"""What a table declares is done, and what it doesn't declare is refused before anything leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from smsbridge import (
    Channel,
    InvalidMessage,
    Message,
    Options,
    Question,
    Submission,
    Unsupported,
    backend,
)
from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Exchange, Session
from smsbridge.testing.contract.ruling import Judgement

from support.contracts import SEND, STATUS, Claims, Honest, findings, ruling, subject

REST = Honest.protocols["rest"]


def test_what_is_declared_and_carried_passes() -> None:
    assert findings(3) == findings(4) == []


def test_a_value_that_is_declared_and_dropped_is_found() -> None:
    assert findings(3, Claims) == ["sender by sms: it does not stand at from"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own(Options):
    """Options of a test."""

    fast: bool = False
    slot: int | None = None
    tag: str | None = None
    unused: str | None = None


OPTIONS: dict[str, Any] = {"fast": {"{options.fast}": {"true": "1"}}, "slot": "{options.slot}"}
OPTIONS |= {"tag": {"{channels}": {"whatsapp": "{options.tag}"}}}
CHANNEL = {"{channels}": {"whatsapp": "wa", "sms": "sms"}}


@backend
class Rich(Honest):
    """Has options, channels, a time to send, and filters."""

    options = Own
    protocols = {
        "rest": replace(
            REST,
            send=replace(
                SEND,
                fields={**SEND.fields, **OPTIONS, "by": CHANNEL, "at": "{send_at|epoch}"},
            ),
            sent=Question(
                "GET /log", {"after": "{after|epoch}", "to": "{recipient}"}, {"id": "id"}, "rows"
            ),
        )
    }


def test_options_channels_times_and_filters_are_given_as_a_caller_would() -> None:
    assert findings(3, Rich) == []
    assert findings(4, Rich) == []


@backend
class Forgetful(Rich):
    """Says nothing of what only it knows, nor when to send, nor by which channel, nor a filter."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        plain = replace(message, options=None, send_at=None, channels=frozenset({Channel.SMS}))
        return (yield from super().send(plain, session))

    def ask(self, question: str, values: Mapping[str, Any], session: Session) -> Exchange[Any]:
        left = {name: value for name, value in values.items() if name == "id"}
        return (yield from super().ask(question, left, session))


def test_each_of_them_that_is_dropped_is_found() -> None:
    assert [one.partition(":")[0] for one in findings(3, Forgetful)] == [
        "options.fast by sms",
        "options.slot by sms",
        "options.tag by sms",
        "send_at by sms",
        "channels by whatsapp",
        "sent by after",
        "sent by recipient",
    ]


@backend
class Picky(Rich):
    """Refuses every option that it declares."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        if message.options is not None:
            raise Unsupported("not today")
        return (yield from super().send(message, session))


def test_a_value_that_is_declared_and_refused_is_found() -> None:
    said = "options.fast by sms: it is declared, and ends with Unsupported (not today)"
    assert findings(3, Picky)[0] == said


@backend
class Swallows(Honest):
    """Sends at once what should be sent later."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        return (yield from super().send(replace(message, send_at=None), session))


def test_a_value_that_nothing_declares_and_that_is_swallowed_is_found() -> None:
    assert findings(4, Swallows) == [
        "send_at: a request left, though nothing declares it",
    ]


@backend
class Guesses(Honest):
    """Says that it sent again, and does nothing."""

    def resend(self, known: str, reference: str, session: Session) -> Exchange[Submission]:
        yield from ()
        message = Message(recipient="+12025550123", text="Hello", reference=reference or "r")
        return Submission(id=known, attempt=self.attempt(message, session))


def test_an_operation_that_nothing_declares_must_say_so() -> None:
    assert findings(4, Guesses) == ["resend: it ends with accepted, not Unsupported"]


def test_both_clauses_are_about_protocols_that_only_ask_too() -> None:
    @backend
    class Asks(Honest):
        """Asks only."""

        protocols = {"rest": replace(REST, send=None, status=STATUS)}

    kind: type[Backend] = Asks
    assert ruling(3, subject(kind)).judgement is Judgement.PASS
    assert ruling(4, subject(kind)).judgement is Judgement.PASS


@backend
class Abbreviates(Honest):
    """Cuts a reference, and writes a number of one country in its own way."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        number = message.recipient.replace("+44", "+440")
        cut = replace(message, reference=message.reference[:20], recipient=number)
        return (yield from super().send(cut, session))


def test_a_value_is_given_in_more_than_one_form() -> None:
    assert findings(3, Abbreviates) == [
        "recipient by sms: it does not stand at to",
        "reference by sms: it does not stand at ref",
    ]


@backend
class Particular(Honest):
    """Takes short references, and numbers of one country."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        if len(message.reference) > 20 or not message.recipient.startswith("+1"):
            raise InvalidMessage("reference: give at most 20 characters")
        return (yield from super().send(message, session))


def test_a_form_that_is_refused_before_it_leaves_is_no_loss() -> None:
    assert findings(3, Particular) == []
