"""A call is over when its time is up."""

from __future__ import annotations

import time

import pytest

from smsbridge import Message, OutcomeUnknown, Submission, backend
from smsbridge.http.exchange import Broken, Exchange, Session

from support.contracts import Honest, TakesItsTime, findings


def test_a_backend_that_keeps_to_its_timeout_passes() -> None:
    assert findings(16) == []


def test_a_timeout_of_its_own_is_found() -> None:
    wrong = findings(16, TakesItsTime)
    assert "fault silence: a request may take 3600 seconds, not 1" in wrong
    assert "fault silence: the call took 3600 seconds, not 1" in wrong


@backend
class Waits(Honest):
    """Asks again and again, each time with a new deadline, until ten minutes are over."""

    def by_name(self):  # type: ignore[no-untyped-def]  # as its base has it
        return {"": self} | {str(number): self for number in range(9)}

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        from dataclasses import replace

        for number in range(9):
            exchange = super().send(message, session)
            request = replace(next(exchange), backend=str(number))
            try:
                came = yield request
                exchange.send(came)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # what an exchange returns
            except Broken as broken:
                exchange.close()
                last = broken
        raise OutcomeUnknown(str(last), self.attempt(message, session))


def test_one_deadline_is_for_the_whole_call() -> None:
    wrong = findings(16, Waits)
    assert any(one.startswith("fault silence: the call took ") for one in wrong)


@backend
class Sleeps(Honest):
    """Rests before each call."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        time.sleep(1.1 if self.timeout < 10 else 0.0)
        return (yield from super().send(message, session))


@pytest.mark.full
def test_time_that_a_backend_takes_for_itself_is_found() -> None:
    wrong = findings(16, Sleeps)
    assert wrong == ["send: it takes more than 1 seconds, though nothing is slow"]
