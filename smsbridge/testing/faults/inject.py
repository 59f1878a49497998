"""Decides what goes wrong at the mock: a chosen fault, or a recipient that stands for one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from smsbridge.backends.base import Backend
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.serving.call import SENDING, ReceivedCall, is_sending
from smsbridge.serving.provider_protocol import ProviderProtocol
from smsbridge.testing.faults.responses import (
    fault_context,
    faulty_response,
    faulty_token_response,
    faulty_wsdl,
)
from smsbridge.testing.faults.table import Fault, Place, fault
from smsbridge.testing.mock.magic_numbers import recipient_rule

Play = Callable[[Request, ReceivedCall | None], Response | Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassingFault:
    """A fault that ends by itself: ``left`` calls from now, or ``until`` a time."""

    fault: Fault
    left: int | None = None
    until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether nothing meets it any more."""
        return self.left == 0 or (self.until is not None and now >= self.until)


class FaultInjector:
    """Decides which fault a request meets, and how it changes the answer."""

    def __init__(
        self, backend: Backend, protocols: Sequence[ProviderProtocol], session: Session
    ) -> None:
        """``session`` has the clock. Nothing goes wrong until a fault is chosen."""
        self._lasting: Fault | None = None
        self._passing: PassingFault | None = None
        self._backend = backend
        self._protocols = protocols
        self._session = session

    @property
    def chosen(self) -> Fault | None:
        """The fault that is due now: one that passes goes before one that lasts."""
        passing = self.passing
        return passing.fault if passing else self._lasting

    @property
    def lasting(self) -> str | None:
        """The word of the fault that was chosen, whatever passes now."""
        return self._lasting.word if self._lasting else None

    @property
    def passing(self) -> PassingFault | None:
        """The fault that was begun while the mock ran, unless its times or its seconds are over."""
        over = self._passing is not None and self._passing.is_over(self._session.now())
        return None if over else self._passing

    def choose(self, word: str | None) -> None:
        """Choose a fault by its word, or none; raises `ConfigError` for an unknown one."""
        self._lasting = fault(word) if word else None
        self._passing = None

    def begin(self, word: str, times: int | None, seconds: float | None) -> None:
        """Begin a fault that ends after so many calls and so many seconds; None for no such end."""
        until = None if seconds is None else self._session.now() + timedelta(seconds=seconds)
        self._passing = PassingFault(fault=fault(word), left=times, until=until)

    def for_config(self, backend: Backend, protocols: Sequence[ProviderProtocol]) -> FaultInjector:
        """Return the same for another config of the backend."""
        made = FaultInjector(backend, protocols, self._session)
        made._lasting, made._passing = self._lasting, self._passing
        return made

    def end(self) -> None:
        """End a fault that was begun; one that was chosen stays."""
        self._passing = None

    def _count(self) -> None:
        """Count a call that met the fault."""
        if self._passing is not None and self._passing.left is not None:
            self._passing = replace(self._passing, left=self._passing.left - 1)

    def early(self, head: Request) -> Fault | None:
        """Return the fault that a request meets after only its head was read."""
        chosen = self.chosen
        if chosen is None or head.path.startswith("/_mock/"):
            return None
        place = chosen.entry.place
        sent = place is Place.REQUEST and is_sending(self._protocols, head)
        if not sent and place is not Place.ADDRESS:
            return None
        self._count()
        return chosen

    def find(
        self, request: Request, call: ReceivedCall, tokens: Collection[str], *, strict: bool
    ) -> Fault | None:
        """Return the fault that a call meets, if any; ``tokens``: those that were issued."""
        if call.operation not in SENDING:
            return None
        chosen = self.chosen
        if chosen and chosen.entry.answers:
            self._count()
            return chosen
        if chosen and chosen.name == "token-expired":
            auth = call.protocol.auth
            renewed = list(tokens)[1:]
            if auth.is_valid(request, call.given, self._backend.credentials(), renewed):
                return None
            self._count()
            return fault("unauthorized")
        if strict or not call.known or call.message is None or call.others:
            return None
        rule = recipient_rule(call.message.recipient)
        return fault(rule.fault) if rule and rule.fault else None

    def apply(
        self, due: Fault, request: Request, call: ReceivedCall | None, play: Play
    ) -> Response | Fault:
        """Return a fault with the answer that ``play`` gives, or what it makes of that answer.

        If the fault means that the message was not taken, nothing is played.
        """
        good = play(request, call) if due.taken else Response(status=200)
        if isinstance(good, Fault):
            return good
        if due.entry.place is not Place.ANSWER:
            return replace(due, answer=good)
        return faulty_response(
            due, fault_context(self._backend, request, call, good, self._session.now())
        )

    def change_token(self, answer: Response) -> Response | Fault:
        """Return what becomes of the answer to a token call."""
        chosen = self.chosen
        if chosen is None or chosen.entry.place is not Place.TOKEN:
            return answer
        changed = faulty_token_response(chosen, answer)
        if changed is not answer:
            self._count()
        return changed

    def change_wsdl(self, answer: Response) -> Response:
        """Return what becomes of the WSDL."""
        chosen = self.chosen
        if chosen is None or chosen.entry.place is not Place.WSDL:
            return answer
        self._count()
        return faulty_wsdl(chosen, answer)
