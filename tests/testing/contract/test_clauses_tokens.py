"""A token is fetched once, renewed once, and nothing is sent without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from smsbridge import (
    ClientCredentials,
    Login,
    Message,
    Reason,
    Rest,
    Secret,
    SendError,
    Submission,
    backend,
)
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Response, Session
from smsbridge.mapping.auth import Credentials, Make
from smsbridge.testing.contract.subject import Subject

from support.contracts import SEND, Honest, ruling


@backend
class WithToken(Honest):
    """Fetches a token."""

    user: str = "u"
    protocols = {
        "rest": replace(
            Honest.protocols["rest"], auth=ClientCredentials("POST /token", "user", "key")
        )
    }


@dataclass(frozen=True, slots=True)
class Insists(ClientCredentials):
    """Sends once more, whatever came."""

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        response = yield from ClientCredentials.carry(self, make, credentials, site, session)
        if response.status == 401:
            return (yield from ClientCredentials.carry(self, make, credentials, site, session))
        return response


@backend
class Insisting(WithToken):
    """Renews its token again and again."""

    protocols = {
        "rest": replace(WithToken.protocols["rest"], auth=Insists("POST /token", "user", "key"))
    }


def of(kind: type[WithToken]) -> Iterator[str]:
    yield from ruling(9, Subject(kind(key=Secret("k")), [])).findings


def test_a_token_that_is_handled_well_passes() -> None:
    assert list(of(WithToken)) == []


def test_more_calls_than_a_renewal_needs_are_found() -> None:
    wrong = list(of(Insisting))
    assert any(one.startswith("fault unauthorized: ") and "left" in one for one in wrong)


def test_it_does_not_apply_without_a_token() -> None:
    assert ruling(9, Subject(Honest(key=Secret("k")), [])).findings == ("rest fetches no token",)


LOGIN = Login(
    Rest(body="json"),
    "POST /login",
    {"user": "{user}", "key": "{key}"},
    "session",
    rejected={"no": {"1": Reason.AUTHENTICATION}},
)


@backend
class WithLogin(WithToken):
    """Logs in, and names its token."""

    protocols = {
        "rest": replace(
            Honest.protocols["rest"],
            auth=LOGIN,
            send=replace(SEND, fields={**SEND.fields, "session": "{token}"}),
        )
    }


@backend
class LogsInEachTime(WithLogin):
    """Forgets its token before each message."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        session.kept.clear()
        return (yield from super().send(message, session))


@backend
class LogsInTwice(WithLogin):
    """Tries a login that failed again."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        try:
            return (yield from super().send(message, session))
        except SendError:
            return (yield from super().send(message, session))


def test_a_login_is_judged_as_a_token_call_is() -> None:
    assert list(of(WithLogin)) == []
    assert list(of(LogsInEachTime)) == ["a second message: another token was fetched for it"]


@pytest.mark.full
def test_a_login_that_is_tried_again_is_found() -> None:
    assert "fault token-down:500: 2 token calls left" in list(of(LogsInTwice))
