"""How fields become bytes, and bytes become words: the interface of a codec."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Exchange, Request, Response, Session

Note = Callable[[str], None]
Spellings = Mapping[str, Collection[str]]
"""The words that a table looks for, by path."""


class SoapFault(dict[str, Any]):
    """An answer that is a SOAP fault: ``{"fault": {"code", "string", "detail"}}``."""


class Unreadable(ValueError):
    """Bytes that a codec can't read. The error says why, without quoting them."""


class Unwritable(ValueError):
    """Words that a codec can't write. The error says why."""


class Codec(Protocol):
    """A wire format. The provider's side is `smsbridge.serving.codec.ProviderCodec`."""

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

        A word that equals one of ``words`` by its declared type is returned in that spelling.
        """
