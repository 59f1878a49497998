"""The provider's side of a codec: its interface, and which class implements each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.errors import Reason
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Request, Response
    from smsbridge.mapping.codec import Codec, Note, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as a codec reads it: the table's name for the call, and its fields.

    ``twice``: the fields that have two values, of which ``fields`` has the last.
    """

    name: str
    fields: Mapping[str, Any]
    twice: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredField:
    """A field of a contract. ``default``: the word that says no more than its absence, or empty.

    ``is_text``: it takes any text, not only such as a number, a flag or a time.
    """

    default: str = ""
    is_text: bool = True


class ProviderCodec(ABC):
    """Reads requests and writes answers at one site."""

    needs_wsdl: ClassVar[bool] = False
    """Whether it must load a WSDL to recognise its requests; codecs without are tried first."""

    @abstractmethod
    def read(self, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call in a request; None if it isn't for us. May raise `Unreadable`."""

    @abstractmethod
    def write(self, request: Request, name: str, result: Mapping[str, Any] | str) -> Response:
        """Return the answer to a request, with ``result`` as in a table."""

    @abstractmethod
    def fault(self, request: Request, code: str, string: str) -> Response:
        """Return a fault, in SOAP 1.1's terms: Client, Server."""

    @abstractmethod
    def deny(self, request: Request, reason: Reason) -> Response:
        """Return the refusal of a call for a reason."""

    @abstractmethod
    def refuse(self, request: Request, why: Unreadable) -> Response:
        """Return the answer to an unreadable request."""

    def paths(self, _names: tuple[str, ...]) -> Collection[str]:
        """Return the paths of the requests for calls; ``*`` stands for any part of a segment.

        They are below the path that the server strips, if there is one.
        """
        return ("/",)

    def beside(self, _own: Mapping[str, Codec]) -> ProviderCodec:
        """Return a codec that also serves calls with their own codec, by name."""
        return self

    def at_path(self, _path: str) -> ProviderCodec:
        """Return a codec that serves at another path than the service's.

        Routes are below that path, which the server strips.
        """
        return self

    def in_charset(self, _charset: str) -> ProviderCodec:
        """Return a codec that reads requests in an encoding, if undeclared and not UTF-8."""
        return self

    def without_schema(self) -> ProviderCodec:
        """Return a codec that only notes it if a contract's schema refuses a request."""
        return self

    def sample(self, _name: str) -> dict[str, Any]:
        """Return the words of a valid answer to a call, as far as a contract defines them."""
        return {}

    def sample_beside(self, name: str, _given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a sample that is consistent with the given words, by name."""
        return self.sample(name)

    def known_calls(self) -> tuple[str, ...]:
        """Return every call in a contract, in a table or not; empty without a contract."""
        return ()

    def declared_fields(self, _name: str) -> Mapping[str, DeclaredField]:
        """Return the fields that a contract has for a call, by their paths without indexes."""
        return {}

    def call_by_head(self, _request: Request) -> str:
        """Return the call that a request's head names, or empty."""
        return ""

    def serve_wsdl(self, _request: Request, _url: str) -> Response | None:
        """Return the WSDL if a request asks for it; ``url`` is the provider's."""
        return None


@singledispatch
def provider_codec(codec: Codec, _site: Site) -> ProviderCodec:
    """Return the provider's side of a codec, by its class; raises `ConfigError` if it has none.

    A package with its own codec adds one: ``provider_codec.register(Mine, ProviderMine)``.
    """
    kind = type(codec).__name__
    raise ConfigError(f"{kind} has no provider's side: add one with provider_codec.register")
