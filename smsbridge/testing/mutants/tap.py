"""Where a mutation check alters what the mocks of this process get, and sees what answered it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.testing.fixture.load import Interaction
    from smsbridge.testing.mock.provider import AcceptedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRequest:
    """A request as it came in, and the credentials that count.

    ``interaction``: that of a chosen scenario that answered it. ``messages``: what was accepted.
    """

    request: Request
    credentials: frozenset[str]
    interaction: Interaction | None
    messages: tuple[AcceptedMessage, ...]


@dataclass(kw_only=True)
class Watch:
    """One run of a test: what came in; the request of a number, from 0, is altered first.

    ``is_applied``: whether that came.
    """

    number: int = -1
    change: Callable[[Request], Request] | None = None
    is_applied: bool = False
    count: int = 0
    played: list[PlayedRequest] = field(default_factory=list)

    def alter(self, request: Request) -> Request:
        """Return a request as the mock is to get it."""
        number, self.count = self.count, self.count + 1
        if self.change is None or number != self.number:
            return request
        self.is_applied = True
        return self.change(request)


class Tap:
    """The watch of this process, if there is one."""

    def __init__(self) -> None:
        """Begin without one."""
        self.watch: Watch | None = None

    def alter(self, request: Request) -> Request:
        """Return a request as the mock is to get it."""
        return self.watch.alter(request) if self.watch else request

    def note(
        self,
        request: Request,
        credentials: frozenset[str],
        interaction: Interaction | None,
        messages: Sequence[AcceptedMessage],
    ) -> None:
        """Keep what answered a request."""
        if self.watch:
            self.watch.played.append(
                PlayedRequest(
                    request=request,
                    credentials=credentials,
                    interaction=interaction,
                    messages=tuple(messages),
                )
            )


TAP = Tap()
"""The one of this process."""
