"""Identifies callers by their credentials, in a time that doesn't reveal whose match."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from smsbridge.serving.proof import Proof

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request, Response
    from smsbridge.serving.call import ReceivedCall
    from smsbridge.serving.provider_protocol import ProviderProtocol

_MOST_ADDRESSES = 10_000
MOST_WRONG = 20
"""How many calls with wrong credentials an address may make in `WRONG_SECONDS`."""
WRONG_SECONDS = 60.0

TokensOf = Callable[[str], Collection[str]]
"""Returns the tokens issued to a caller or, for an empty name, to anyone."""
Issue = Callable[[str], str]
"""Issues a token to a caller or, for an empty name, to anyone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """The allowed callers, by name: each is a backend with that caller's credentials."""

    accounts: Mapping[str, Backend]
    tokens_of: TokensOf
    issue: Issue

    def who(self, request: Request, call: ReceivedCall) -> str:
        """Return who makes a call, or empty. Always compares with every caller."""
        auth = call.protocol.auth
        proof = Proof(call.protocol, call.table, call.given, request)
        found = ""
        for name, account in self.accounts.items():
            tokens = self.tokens_of(name if auth.tells_by_token else "")
            is_it = proof.is_valid(account.credentials(), tokens)
            found = name if is_it and not found else found
        return found

    def converse(
        self, request: Request, protocols: Sequence[ProviderProtocol]
    ) -> tuple[Response | None, bool]:
        """Return the answer to a token request, login or challenge, if it is one.

        And whether it was refused.
        """
        refused: Response | None = None
        for auth in (one.auth for one in protocols):
            for name, account in self.accounts.items():
                issued: list[str] = []
                owner = name if auth.tells_by_token else ""

                def mint(_: str, owner: str = owner, issued: list[str] = issued) -> str:
                    issued.append(self.issue(owner))
                    return issued[-1]

                answer = auth.answer(request, account.credentials(), account.site(), mint)
                if answer is not None and issued:
                    return answer, False
                refused = refused or answer
        return refused, refused is not None

    def challenge(self, request: Request, protocols: Sequence[ProviderProtocol]) -> Response | None:
        """Return the challenge that a request must answer first; None if it already does."""

        def mint(_: str) -> str:
            return self.issue("")

        for auth in (one.auth for one in protocols):
            answer = auth.renew(request, self.tokens_of(""), mint)
            for account in () if auth.tells_by_token else self.accounts.values():
                answer = answer or auth.answer(request, account.credentials(), account.site(), mint)
            if answer:
                return answer
        return None


@dataclass(slots=True)
class WrongCalls:
    """Counts calls with wrong credentials by address. Thread-safe.

    IPv6 addresses count by /64, since one machine may use all of it.

    ``monotonic`` returns seconds.
    """

    monotonic: Callable[[], float]
    _seen: OrderedDict[str, list[float]] = field(init=False, default_factory=OrderedDict)
    _turn: threading.Lock = field(init=False, default_factory=threading.Lock)

    def add(self, address: str) -> None:
        """Count one."""
        with self._turn:
            key = _network(address)
            times = self._seen.setdefault(key, [])
            times.append(self.monotonic())
            del times[:-MOST_WRONG]
            self._seen.move_to_end(key)
            while len(self._seen) > _MOST_ADDRESSES:
                self._seen.popitem(last=False)

    def are_too_many(self, address: str) -> bool:
        """Return whether an address has recently made too many."""
        with self._turn:
            times = self._seen.get(_network(address), [])
            return len(times) >= MOST_WRONG and self.monotonic() - times[0] < WRONG_SECONDS


def _network(address: str) -> str:
    """Return the key for all addresses of one machine."""
    if ":" not in address:
        return address
    try:
        six = IPv6Address(address)
    except ValueError:
        return address
    return str(six.ipv4_mapped or IPv6Address(int(six) >> 64 << 64))
