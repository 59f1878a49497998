"""The provider's side of a codec: what each kind owes, and which class has it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
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
    """A request as a codec reads it: the table's name for the call, and its fields."""

    name: str
    fields: Mapping[str, Any]


class ProviderCodec(ABC):
    """Reads requests and writes answers at one site."""

    needs_wsdl: ClassVar[bool] = False
    """Whether it loads a WSDL to know its own requests: those that need none are asked first."""

    @abstractmethod
    def read(self, names: tuple[str, ...], request: Request, note: Note) -> Call | None:
        """Return the call that a request makes; None if it isn't for us. Or `Unreadable`."""

    @abstractmethod
    def write(self, request: Request, name: str, result: Mapping[str, Any] | str) -> Response:
        """Return the answer to a request, with ``result`` as it stands in a table."""

    @abstractmethod
    def fault(self, request: Request, code: str, string: str) -> Response:
        """Return the answer that reports a fault, in SOAP 1.1's words: Client, Server."""

    @abstractmethod
    def deny(self, request: Request, reason: Reason) -> Response:
        """Return the answer that refuses a call for a reason."""

    @abstractmethod
    def refuse(self, request: Request, why: Unreadable) -> Response:
        """Return the answer to a request that could not be read."""

    def beside(self, _own: Mapping[str, Codec]) -> ProviderCodec:
        """Return what also serves the calls that have their own codec, by their names."""
        return self

    def at_path(self, _path: str) -> ProviderCodec:
        """Return what serves at one path what it serves at the path of the service.

        What has routes is at the paths below; whoever serves it takes the path off.
        """
        return self

    def in_charset(self, _charset: str) -> ProviderCodec:
        """Return what reads a request in an encoding, if that has no other and is not UTF-8."""
        return self

    def sample(self, _name: str) -> dict[str, Any]:
        """Return the words of a valid answer to a call, as far as a contract says."""
        return {}

    def sample_beside(self, name: str, _given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a sample that may stand beside the words that are given, by name."""
        return self.sample(name)

    def known_calls(self) -> tuple[str, ...]:
        """Return every call that a contract has, of a table or not; none without a contract."""
        return ()

    def call_by_head(self, _request: Request) -> str:
        """Return the call that the head of a request names; empty if none."""
        return ""

    def serve_wsdl(self, _request: Request, _url: str) -> Response | None:
        """Return the WSDL if a request asks for it, with ``url`` as where the provider is."""
        return None


@singledispatch
def provider_codec(codec: Codec, _site: Site) -> ProviderCodec:
    """Return the provider's side of a codec, by its class; raises `ConfigError` if it has none.

    A package with its own codec adds one: ``provider_codec.register(Mine, ProviderMine)``.
    """
    kind = type(codec).__name__
    raise ConfigError(f"{kind} has no provider's side: add one with provider_codec.register")
