"""What goes wrong at a provider: a fault that was chosen, and recipients that stand for one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.testing.faults.outcomes import Place
from smsbridge.testing.faults.responses import spoilt, spoilt_token, spoilt_wsdl, spot
from smsbridge.testing.faults.table import Fault, fault
from smsbridge.testing.mock.magic_numbers import recipient_rule
from smsbridge.testing.mock.request import SENDING, Heard, sends

Play = Callable[[Request, Heard | None], Response | Fault]


class Trouble:
    """Tells which fault is to be done to a request, and what it makes of the answer."""

    def __init__(self, backend: Backend, session: Session) -> None:
        """``session`` has the clock. Nothing goes wrong until a fault is chosen."""
        self.chosen: Fault | None = None
        self._backend = backend
        self._session = session

    def choose(self, word: str | None) -> None:
        """Choose a fault by its word, or none; raises `ConfigError` for an unknown one."""
        self.chosen = fault(word) if word else None

    def early(self, head: Request) -> Fault | None:
        """Return the fault that a request meets of which no more than the head was read."""
        if self.chosen is None or head.path.startswith("/_mock/"):
            return None
        place = self.chosen.entry.place
        sent = place is Place.REQUEST and sends(self._backend, head)
        return self.chosen if sent or place is Place.ADDRESS else None

    def due(
        self, request: Request, heard: Heard, tokens: Collection[str], *, strict: bool
    ) -> Fault | None:
        """Return the fault that is to be done to a call, if any; ``tokens``: those given out."""
        if heard.operation not in SENDING:
            return None
        if self.chosen and self.chosen.entry.answers:
            return self.chosen
        if self.chosen and self.chosen.name == "token-expired":
            valid = heard.protocol.auth.valid
            renewed = list(tokens)[1:]
            good = valid(request, heard.call.fields, self._backend.credentials(), renewed)
            return None if good else fault("unauthorized")
        if strict or not heard.known or heard.message is None:
            return None
        rule = recipient_rule(heard.message.recipient)
        return fault(rule.fault) if rule and rule.fault else None

    def done(
        self, due: Fault, request: Request, heard: Heard | None, play: Play
    ) -> Response | Fault:
        """Return a fault with the answer that ``play`` gives, or what it makes of that answer.

        Where the fault means that the message was not taken, nothing is played.
        """
        good = play(request, heard) if due.taken else Response(status=200)
        if isinstance(good, Fault):
            return good
        if due.entry.place is not Place.ANSWER:
            return replace(due, answer=good)
        return spoilt(due, spot(self._backend, request, heard, good, self._session.now()))

    def token(self, answer: Response) -> Response | Fault:
        """Return what becomes of the answer to a token call."""
        return spoilt_token(self.chosen, answer) if self.chosen else answer

    def wsdl(self, answer: Response) -> Response:
        """Return what becomes of the WSDL."""
        return spoilt_wsdl(self.chosen, answer) if self.chosen else answer
