"""How words become bytes, and bytes words: what each codec owes, for the client and the mock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from smsbridge.exchange import Exchange, Request, Response, Session
    from smsbridge.site import Site

Note = Callable[[str], None]


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
        self, site: Site, session: Session, name: str, fields: Mapping[str, str]
    ) -> Exchange[Request]:
        """Return the request for a call; ``fields`` by dotted path. It may need I/O first."""

    def decode(
        self, site: Site, session: Session, name: str, response: Response
    ) -> Mapping[str, Any]:
        """Return the answer as nested words, a fault as `SoapFault`. Or raise `Unreadable`."""

    def read(self, site: Site, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call that a request makes; None if it isn't for us. Or `Unreadable`."""

    def write(
        self, site: Site, request: Request, name: str, result: Mapping[str, Any] | str
    ) -> Response:
        """Return the provider's answer to a request, with ``result`` as it stands in a table."""

    def refuse(self, request: Request, why: Unreadable) -> Response:
        """Return the answer to a request that could not be read."""


def nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields by dotted path as nested objects: ``{"a.b": 1}`` is ``{"a": {"b": 1}}``."""
    tree: dict[str, Any] = {}
    for path, value in fields.items():
        *parents, last = path.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return tree


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested objects as fields by dotted path: the way back from `nested`."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
