"""Answers of a token endpoint."""

from __future__ import annotations

from collections.abc import Mapping

from smsbridge import ClientCredentials
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Response, Session

SITE = Site(url="https://sms.example")
SEND = Request(method="POST", url="https://sms.example/sendsms/", headers={"A": "b"}, body=b"x")
IDS = {"client_id": "id-1", "client_secret": "se:cret"}
KEYS = ("client_id", "client_secret")
OAUTH = ClientCredentials("POST /oauth2/token", *KEYS)


def made(_: Mapping[str, str]) -> Exchange[Request]:
    yield from ()
    return SEND


def carry(
    session: Session, oauth: ClientCredentials = OAUTH, site: Site = SITE
) -> Exchange[Response]:
    return oauth.carry(made, IDS, site, session)


BASIC = ClientCredentials("POST /oauth2/token", *KEYS, basic=True)
