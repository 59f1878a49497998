"""Calls over REST, on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from smsbridge.codecs.rest import FORM, Rest
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response, Session, drive
from smsbridge.serving.codec import Call
from smsbridge.serving.rest import ProviderRest

SITE = Site(url="https://api.smsmobileapi.com")
ROUTE = "POST /sendsms/"
FIELDS = {"recipients": "+12025550123", "message": "Hello", "apikey": "test-key"}


def nothing(_: Request) -> Response:
    raise AssertionError


def encoded(
    fields: Mapping[str, Any] = FIELDS,
    body: Literal["form", "json", "xml"] = "form",
    site: Site = SITE,
    route: str = ROUTE,
) -> Request:
    return drive(Rest(body=body).encode(site, Session(), route, fields), nothing)


def decoded(body: bytes | str) -> Mapping[str, Any]:
    body = body if isinstance(body, bytes) else body.encode()
    return Rest().decode(SITE, Session(), ROUTE, Response(status=200, body=body))


def read(
    request: Request, body: Literal["form", "json"] = "form", names: tuple[str, ...] = (ROUTE,)
) -> tuple[Call, list[str]]:
    notes: list[str] = []
    call = ProviderRest(Rest(body=body), SITE).read(names, request, notes.append)
    assert call is not None
    return call, notes


def asked(
    body: bytes | str = b"", kind: str = FORM, method: str = "POST", target: str = "/sendsms/"
) -> Request:
    return Request(
        method=method,
        url=f"https://api.smsmobileapi.com{target}",
        headers={"Content-Type": kind} if kind else {},
        body=body if isinstance(body, bytes) else body.encode(),
    )
