"""Nothing is kept from one operation to the next but a token."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from smsbridge import Message, Submission, backend
from smsbridge.http.exchange import Exchange, Session

from support.contracts import Honest, Remembers, findings


def test_a_backend_without_a_memory_passes() -> None:
    assert findings(15) == []


def test_a_value_of_an_earlier_message_is_found() -> None:
    assert findings(15, Remembers) == [
        "send after another message: its request is another one",
        "send after a send that failed: its request is another one",
    ]


NUMBERS = count(1)


@backend
class Counts(Honest):
    """Numbers its messages, over all clients."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        numbered = Message(
            recipient=message.recipient, text=message.text, reference=f"r-{next(NUMBERS)}"
        )
        return (yield from super().send(numbered, session))


def test_a_count_over_all_clients_is_found() -> None:
    assert "send with a new client: its request is another one" in findings(15, Counts)


@backend
class Sulks(Honest):
    """Refuses to send again what it sent, and answers a question by heart."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        if message.reference in session.kept:
            raise session.kept[message.reference]
        came = yield from super().send(message, session)
        session.kept[message.reference] = LookupError("it was sent before")
        return came

    def ask(self, question: str, values: Mapping[str, Any], session: Session) -> Exchange[Any]:
        if "rows" not in session.kept:
            session.kept["rows"] = yield from super().ask(question, values, session)
        return session.kept["rows"]


def test_an_answer_by_heart_and_a_refusal_of_the_same_message_are_found() -> None:
    assert findings(15, Sulks) == [
        "send after the same message: its request is another one",
        "status after status: its request is another one",
    ]
