"""What both clients share: where the backend comes from, and when a request may leave."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from smsbridge.backends.base import Backend
from smsbridge.client.operations import Operations
from smsbridge.client.pacing import Pace
from smsbridge.config.load import from_environment, from_file, from_mapping
from smsbridge.config.url import from_url
from smsbridge.errors import CallerError, ConfigError
from smsbridge.http.exchange import Broken, Left, Session
from smsbridge.text.frames import forget_locals

if TYPE_CHECKING:
    from pathlib import Path

    from smsbridge.backends.limits import Limit
    from smsbridge.http.exchange import Request


class ClientBase:
    """A backend, and the state that a client keeps for it."""

    @forget_locals
    def __init__(self, backend: Backend | None = None, *, session: Session | None = None) -> None:
        """Without a backend, it is configured by ``SMSBRIDGE_URL``, else by ``smsbridge.toml``."""
        if backend is not None and not isinstance(backend, Backend):
            raise ConfigError("give a Backend; to name a block, use Client.from_config(NAME)")
        self.backend = backend or from_environment()
        self._backends = self.backend.by_name()
        self._session = session or Session()
        self._operations = Operations(self.backend, self._session)
        self._paces: dict[tuple[int, str], Pace] = {}
        self._closed = False

    @classmethod
    @forget_locals
    def from_url(cls, url: str) -> Self:
        """Create a client from a URL: ``smsmobileapi+rest://KEY@api.smsmobileapi.com``.

        >>> Client.from_url("smsmobileapi+rest://KEY@api.smsmobileapi.com")
        <Client smsmobileapi over rest>
        """
        return cls(from_url(url))

    @classmethod
    @forget_locals
    def from_config(cls, name: str | None = None, path: Path | str | None = None) -> Self:
        """Create a client from a block of the config file, its ``default`` if no name is given.

        >>> Client.from_config("staging")
        <Client console over console>
        """
        return cls(from_file(name, path))

    @classmethod
    @forget_locals
    def from_mapping(cls, keys: Mapping[str, Any]) -> Self:
        """Create a client from the keys that a block of the config file would have.

        >>> Client.from_mapping({"backend": "smsmobileapi", "protocol": "soap", "api_key": "KEY"})
        <Client smsmobileapi over soap>
        """
        return cls(from_mapping(keys))

    def __repr__(self) -> str:
        """Show which backend it uses."""
        return f"<{type(self).__name__} {self.backend.name} over {self.backend.protocol}>"

    def _refuse_closed(self) -> None:
        if self._closed:
            raise CallerError(f"this {type(self).__name__} is closed: make another one")

    def _limit(self, request: Request) -> Limit | None:
        """Return the limit that a request counts against; logins and WSDL downloads don't count."""
        return self._backends[request.backend].limit if request.share is None else None

    def _waits(self, request: Request) -> Iterator[float]:
        """Yield the seconds to sleep, repeatedly, until a request may leave."""
        limit = self._limit(request)
        if limit is None or limit.per_second is None:
            return
        key = (os.getpid(), request.backend)  # a forked child must not use a lock of its parent
        if key not in self._paces:
            self._paces.setdefault(key, Pace(limit.per_second, self._session.monotonic))
        while seconds := self._paces[key].wait():
            yield seconds

    def _deadline(self, request: Request, deadlines: dict[str, float], asked: float) -> float:
        """Return when a request must be answered, by the clock of the session.

        ``deadlines``: those of one try, by the name of the backend. Waiting for a turn, since
        ``asked``, extends them. Raises `Broken` once the client is closed, whatever happens.
        """
        if self._closed:
            raise Broken(Left.NOTHING, "the client was closed", retry=False)
        name = request.backend
        deadline = deadlines.get(name, asked + self._backends[name].timeout)
        deadlines[name] = deadline + self._session.monotonic() - asked
        return deadlines[name]
