"""Requests and answers of the shipped SOAP contract, on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smsbridge.codecs.soap.codec import Soap
from smsbridge.codecs.soap.envelope import SOAP11
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.wsdl_files import read_bundled
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Response, Session, drive
from smsbridge.serving.codec import Call
from smsbridge.serving.soap import ProviderSoap

SENDSMS = read_bundled("smsbridge.wsdl:sendsms.wsdl")[0]
ADDRESS = "https://api.smsmobileapi.com/sendsms/wsdl/server.php"
PUBLISHED = "/sendsms/wsdl/sendsms.wsdl"
SITE = Site(url="https://api.smsmobileapi.com")
SOAP = Soap(wsdl="smsbridge.wsdl:sendsms.wsdl", json_part="return", published=PUBLISHED)
PARTS = Soap(wsdl="smsbridge.wsdl:sendsms.wsdl")
ACME = Soap(wsdl="acme_sms:acme.wsdl")
FIELDS = {"recipients": "+12025550123", "message": "hé 😀 <&>", "apikey": "test-key"}


def nothing(_: Request) -> Response:
    raise AssertionError


def encoded(
    fields: Mapping[str, str] = FIELDS, site: Site = SITE, name: str = "sendSms", codec: Soap = SOAP
) -> Request:
    return drive(codec.encode(site, Session(), name, fields), nothing)


def decoded(body: bytes | str, status: int = 200, codec: Soap = SOAP) -> Mapping[str, Any]:
    body = body if isinstance(body, bytes) else body.encode()
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    answer = Response(status=status, headers=headers, body=body)
    return codec.decode(SITE, Session(), "sendSms", answer)


def envelope(inside: str, version: str = SOAP11) -> str:
    return f'<e:Envelope xmlns:e="{version}"><e:Body>{inside}</e:Body></e:Envelope>'


def answered(part: str, name: str = "return") -> str:
    inside = f"<{name}>{part}</{name}>" if name else part
    return envelope(f'<s:sendSmsResponse xmlns:s="urn:sendsms">{inside}</s:sendSmsResponse>')


def asked(body: str | bytes, headers: Mapping[str, str] | None = None) -> Request:
    return Request(
        method="POST",
        url=ADDRESS,
        headers={"Content-Type": "text/xml; charset=utf-8", **(headers or {})},
        body=body if isinstance(body, bytes) else body.encode(),
    )


def read(request: Request, names: tuple[str, ...] = ("sendSms",)) -> tuple[Call, list[str]]:
    notes: list[str] = []
    call = ProviderSoap(SOAP, SITE).read(names, request, notes.append)
    assert call is not None
    return call, notes


def site_with(folder: Path, *changes: tuple[str, str], host: str = "") -> Site:
    document = SENDSMS
    for old, new in changes:
        assert old.encode() in document
        document = document.replace(old.encode(), new.encode())
    path = folder / "contract.wsdl"
    path.write_bytes(document)
    return Site(url="https://api.smsmobileapi.com", host=host, wsdl=str(path))


GOOD = answered('{"result": {"error": 0, "id": "canary"}}')


def fetch(path: str, method: str = "GET", query: str = "?wsdl") -> Request:
    return Request(method=method, url=f"http://mock.invalid{path}{query}")


def served_address(site: Site, path: str) -> tuple[str, bytes]:
    served = ProviderSoap(SOAP, site).serve_wsdl(fetch(path), "http://127.0.0.1:8080")
    assert served is not None
    return load_port(served.body, None).address, served.body
