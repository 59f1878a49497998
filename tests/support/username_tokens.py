"""A UsernameToken in an envelope."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from lxml import etree
from zeep.wsse import username

from smsbridge.auth.schemes import UsernameToken
from smsbridge.auth.username_token import WSU
from smsbridge.codecs.soap.envelope import (
    CONTENT_TYPES,
    SOAP11,
    SOAP12,
    WSSE,
)
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Response, Session

by_zeep: Any = username.UsernameToken
SITE = Site(url="https://sms.example")
NOW = datetime(2026, 11, 22, 13, 0, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))
CREATED = "2026-11-22T11:00:59Z"
NONCE = b"0123456789abcdef"
SESSION = Session(now=lambda: NOW, random=lambda count: NONCE[:count])
BOTH = {"user": "NNK", "password": "IloveDogs"}
SPACES = {"wsse": WSSE, "wsu": WSU}
PLAIN, DIGEST = UsernameToken("user", "password"), UsernameToken("user", "password", digest=True)
versions = pytest.mark.parametrize("version", [SOAP11, SOAP12])
tokens = pytest.mark.parametrize("token", [PLAIN, DIGEST], ids=["text", "digest"])


def asked(
    header: str = "", version: str = SOAP11, inside: str = "<m:send>\xfc</m:send>"
) -> Request:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<e:Envelope xmlns:e="{version}" xmlns:m="urn:m" '
        f'xmlns:unused="urn:u">{header}<e:Body m:id="1">\n {inside} </e:Body></e:Envelope>'
    )
    kind = {"Content-Type": CONTENT_TYPES[version], "SOAPAction": '"x"'}
    url = "https://sms.example/soap"
    return Request(method="POST", url=url, headers=kind, body=body.encode())


def secured(
    token: UsernameToken, request: Request, both: dict[str, str] = BOTH, session: Session = SESSION
) -> Request:
    def make(_: object) -> Exchange[Request]:
        yield from ()
        return request

    exchange = token.carry(make, both, SITE, session)
    sent = next(exchange)
    answer = Response(status=401)
    with pytest.raises(StopIteration) as end:
        exchange.send(answer)
    assert end.value.value is answer
    return sent


def found(request: Request, path: str) -> etree._Element:
    elements = etree.fromstring(request.body).findall(path, SPACES)
    assert len(elements) == 1
    return elements[0]
