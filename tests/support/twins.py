"""Backends that are Acme but for one fault each, which plug-ins of others have had."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from acme_sms import REST, SOAP, Acme

from smsbridge import (
    Backend,
    Basic,
    Operation,
    OutcomeUnknown,
    Protocol,
    Reason,
    Submission,
    backend,
)
from smsbridge.http.exchange import Pause, Request

if TYPE_CHECKING:
    from smsbridge import Message
    from smsbridge.http.exchange import Exchange, Response, Session
    from smsbridge.mapping.auth import Auth, Make
    from smsbridge.mapping.outcome import SendEnd


MIXED_UP = {"12": Reason.CONTENT, "40": Reason.AUTHENTICATION}


def altered(auth: Auth | None = None, **tables: Operation) -> dict[str, Protocol]:
    """Return the protocols of Acme, with another auth or other tables for sending."""
    return {
        name: replace(one, auth=auth or one.auth, send=tables.get(name, one.send))
        for name, one in Acme.protocols.items()
    }


@backend
class SendsTwiceOnTimeout(Acme):
    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        try:
            return (yield from super().send(message, session))
        except OutcomeUnknown as unknown:
            if "in time" not in unknown.why:
                raise
        return (yield from super().send(message, session))


@backend
class ShowsItsKey(Acme):
    def outcome(self, *given: Any) -> SendEnd:
        end = super().outcome(*given)
        if isinstance(end, OutcomeUnknown):
            return OutcomeUnknown(f"{end.why} for {self.password.reveal()}", end.attempt)
        return end


class FollowingBasic(Basic):
    def carry(self, make: Make, *more: Any) -> Exchange[Response]:
        response = yield from super().carry(make, *more)
        if response.status == 303:
            response = yield Request(method="GET", url=response.header("location"))
        return response


@backend
class FollowsRedirects(Acme):
    protocols = altered(auth=FollowingBasic("user", "password"))


@backend
class ClaimsASender(Acme):
    protocols = altered(rest=replace(REST, fields={**REST.fields, "message.from": "{sender}"}))

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        if self.protocol == "rest":
            message = replace(message, sender=None)
        return super().send(message, session)


@backend
class IsAnotherWhenAsync(Acme):
    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return super().send(message, session)
        return super().send(replace(message, text=message.text.upper()), session)


@backend
class DropsEmoji(Acme):
    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        text = "".join(char for char in message.text if char <= "\uffff")
        return super().send(replace(message, text=text), session)


@backend
class GivesAnotherReason(Acme):
    protocols = altered(
        rest=replace(REST, rejected={"failure.code": MIXED_UP}),
        soap=replace(SOAP, rejected={**SOAP.rejected, "result.code": MIXED_UP}),
    )


@backend
class KeepsState(Acme):
    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        first = session.kept.setdefault("first", message.reference)
        return super().send(replace(message, reference=first), session)


@backend
class IgnoresTheDeadline(Acme):
    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        yield Pause(2 * self.timeout)  # type: ignore[misc]  # that is its fault
        return (yield from super().send(message, session))


@backend
class BelievesA200(Acme):
    def outcome(self, *given: Any) -> SendEnd:
        end, response, attempt = super().outcome(*given), given[2], given[4]
        if response.status == 200 and not isinstance(end, Submission):
            return Submission(id=None, attempt=attempt)
        return end


TWINS: dict[str, type[Backend]] = {
    "C2": IsAnotherWhenAsync,
    "C3": ClaimsASender,
    "C6": SendsTwiceOnTimeout,
    "C7": BelievesA200,
    "C8": FollowsRedirects,
    "C10": GivesAnotherReason,
    "C12": DropsEmoji,
    "C13": ShowsItsKey,
    "C15": KeepsState,
    "C16": IgnoresTheDeadline,
}
