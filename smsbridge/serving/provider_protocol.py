"""A backend's protocol with its provider's side: parses each request into a call, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from smsbridge.mapping.codec import Note, Unreadable
from smsbridge.mapping.operation import Protocol
from smsbridge.mapping.template import Kept
from smsbridge.serving.auth import ProviderAuth, provider_auth
from smsbridge.serving.codec import Call, ProviderCodec, provider_codec

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.codec import Codec


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProtocol:
    """A backend's protocol with its provider's side.

    ``last_read``: the last request as parsed, shared by protocols that parse alike.
    """

    name: str
    table: Protocol
    codec: ProviderCodec
    auth: ProviderAuth
    _calls: Kept[tuple[str, ...]] = field(
        init=False, repr=False, compare=False, default_factory=Kept
    )
    last_read: Kept[_Reading] = field(repr=False, compare=False, default_factory=Kept)

    def calls(self) -> tuple[str, ...]:
        """Return the calls of its operations; none for a WSDL without a table."""
        if not self._calls:
            operations = self.table.operations().values()
            self._calls.append(tuple(operation.call for operation in operations))
        return self._calls[0]

    def read(self, request: Request, note: Note) -> Call | None:
        """Return the call in a request; None if it isn't for us. May raise `Unreadable`.

        The result is cached, since one request is asked about several times.
        """
        last = self.last_read[0] if self.last_read else None
        if last is None or last.request is not request:
            last = _Reading.of(request, self.codec, self.calls())
            self.last_read[:] = [last]
        for leniency in last.leniencies:
            note(leniency)
        if isinstance(last.found, Unreadable):
            raise last.found
        return last.found


@dataclass(frozen=True, slots=True)
class _Reading:
    """A request as parsed by a codec."""

    request: Request
    found: Call | Unreadable | None
    leniencies: tuple[str, ...]

    @classmethod
    def of(cls, request: Request, codec: ProviderCodec, calls: tuple[str, ...]) -> _Reading:
        leniencies: list[str] = []
        found: Call | Unreadable | None
        try:
            found = codec.read(calls, request, leniencies.append)
        except Unreadable as error:
            found = error.with_traceback(None)
        return cls(request, found, tuple(leniencies))


def provider_protocols(backend: Backend, path: str = "") -> tuple[ProviderProtocol, ...]:
    """Return the protocols of a backend; those that recognise requests without a WSDL are first.

    ``path``: where they are served, if not at the service's own path.
    """
    found: list[ProviderProtocol] = []
    for name, protocol in backend.protocols.items():
        made = ProviderProtocol(
            name=name,
            table=protocol,
            codec=_codec(protocol, backend, path),
            auth=_auth(protocol, path),
        )
        alike = (one for one in found if (one.codec, one.calls()) == (made.codec, made.calls()))
        if (twin := next(alike, None)) is not None:  # they differ only in auth
            made = replace(made, last_read=twin.last_read)
        found.append(made)
    return tuple(sorted(found, key=lambda one: one.codec.needs_wsdl))


def _auth(protocol: Protocol, path: str) -> ProviderAuth:
    auth = provider_auth(protocol.auth)
    return auth.at_path(path) if path else auth


def _codec(protocol: Protocol, backend: Backend, path: str) -> ProviderCodec:
    codec = provider_codec(protocol.codec, backend.site()).beside(_own_codecs(protocol))
    return codec.at_path(path) if path else codec


def _own_codecs(protocol: Protocol) -> dict[str, Codec]:
    """Return the codecs of calls that have their own, by call name."""
    return {one.call: one.codec for one in protocol.operations().values() if one.codec}
