"""A codec has its provider's side by its class, and a package brings that of its own codec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from smsbridge import Protocol, Rest, Soap, backend
from smsbridge.errors import ConfigError, Reason
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Response, Session
from smsbridge.mapping.codec import Note, Unreadable
from smsbridge.serving import Call, ProviderCodec, ProviderRest, ProviderSoap, provider_codec
from smsbridge.testing.mock.provider import Provider

from support.asking import ALL, BY_TOKEN, Gate

SITE = Site(url="https://gate.example")


class Spoken:
    """A codec of somebody's own: a line for each field."""

    def encode(
        self, site: Site, _session: Session, _name: str, fields: Mapping[str, Any]
    ) -> Exchange[Request]:
        yield from ()
        body = "\n".join(f"{name}={value}" for name, value in fields.items())
        return Request(method="POST", url=site.url, body=body.encode())

    def decode(self, *_: object) -> Mapping[str, Any]:
        return {}


class Lines(Spoken):
    """One that has a provider's side."""


class ProviderLines(ProviderCodec):
    """Its provider's side."""

    def __init__(self, codec: Lines, site: Site) -> None:
        self.codec, self.site = codec, site

    def read(self, names: tuple[str, ...], request: Request, _note: Note) -> Call | None:
        fields = dict(line.split("=") for line in request.body.decode().splitlines())
        return Call(name=names[0], fields=fields)

    def write(self, _request: Request, _name: str, result: Mapping[str, Any] | str) -> Response:
        return Response(status=200, body=repr(result).encode())

    def fault(self, _request: Request, code: str, string: str) -> Response:
        return Response(status=400, body=f"{code} {string}".encode())

    def deny(self, _request: Request, reason: Reason) -> Response:
        return Response(status=401, body=reason.encode())

    def refuse(self, _request: Request, why: Unreadable) -> Response:
        return Response(status=400, body=str(why).encode())


def test_the_two_codecs_have_theirs_and_so_has_a_class_made_of_one() -> None:
    class Own(Rest):
        pass

    assert isinstance(provider_codec(Rest(), SITE), ProviderRest)
    assert isinstance(provider_codec(Own(), SITE), ProviderRest)
    assert isinstance(provider_codec(Soap(), SITE), ProviderSoap)


def test_a_codec_without_one_is_refused_by_name() -> None:
    class Unknown(Spoken):
        pass

    with pytest.raises(ConfigError, match=r"^Unknown has no provider's side: .*register"):
        provider_codec(Unknown(), SITE)


def test_the_mock_plays_a_codec_whose_package_brings_its_own() -> None:
    provider_codec.register(Lines, ProviderLines)

    @backend
    class Own(Gate):
        name = "own"
        protocols = {"lines": Protocol(Lines(), BY_TOKEN, **ALL)}

    provider = Provider(Own())
    answer = provider.handle(Request(method="POST", url="https://gate.example/", body=b"token=x"))
    assert isinstance(answer, Response)
    assert answer.body == b"authentication"
