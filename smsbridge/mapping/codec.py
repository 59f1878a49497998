"""How words become bytes, and bytes words: what each codec owes, for the client and the mock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from smsbridge.errors import Reason
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Exchange, Request, Response, Session

Note = Callable[[str], None]
Spellings = Mapping[str, Collection[str]]
"""The words that a table looks for, by path."""


class SoapFault(dict[str, Any]):
    """An answer that is a SOAP fault: ``{"fault": {"code", "string", "detail"}}``."""


class Unreadable(ValueError):
    """Bytes that a codec can't read. Its text says why, without a word of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as the provider's side reads it: the table's name for the call, and its fields."""

    name: str
    fields: Mapping[str, Any]


class Codec(Protocol):
    """A wire format. The first two are the client's side, the others the provider's."""

    def encode(
        self, site: Site, session: Session, name: str, fields: Mapping[str, Any]
    ) -> Exchange[Request]:
        """Return the request for a call; ``fields`` by dotted path. It may need I/O first."""

    def decode(
        self,
        site: Site,
        session: Session,
        name: str,
        response: Response,
        words: Spellings | None = None,
    ) -> Mapping[str, Any]:
        """Return the answer as nested words, a fault as `SoapFault`. Or raise `Unreadable`.

        What by its declared type is equal to one of ``words`` is spelt as it is there.
        """

    def read(self, site: Site, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call that a request makes; None if it isn't for us. Or `Unreadable`."""

    def write(
        self, site: Site, request: Request, name: str, result: Mapping[str, Any] | str
    ) -> Response:
        """Return the provider's answer to a request, with ``result`` as it stands in a table."""

    def sample(self, site: Site, name: str) -> dict[str, Any]:
        """Return the words of a valid answer to a call, as far as a contract says."""

    def fault(self, request: Request, code: str, string: str) -> Response:
        """Return the answer that reports a fault, in SOAP 1.1's words: Client, Server."""

    def deny(self, request: Request, reason: Reason) -> Response:
        """Return the answer that refuses a call for a reason."""

    def refuse(self, request: Request, why: Unreadable) -> Response:
        """Return the answer to a request that could not be read."""
