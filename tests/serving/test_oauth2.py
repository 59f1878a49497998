"""OAuth2 as the provider speaks it: tokens given out and checked."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace

import pytest

from smsbridge import ClientCredentials
from smsbridge.http.address import Site
from smsbridge.http.exchange import Request, Session
from smsbridge.serving import provider_auth

from support.blocks import Clock
from support.each import each
from support.oauth import BASIC, IDS, KEYS, OAUTH, SEND, SITE, carry


@pytest.fixture
def session(clock: Clock) -> Session:
    return Session(monotonic=clock)


@pytest.mark.parametrize(
    ("oauth", "path"),
    [
        (OAUTH, "/oauth2/token"),
        (BASIC, "/oauth2/token"),
        (ClientCredentials("POST /oauth2/token", *KEYS, scope="a b"), "/oauth2/token"),
        (ClientCredentials("POST https://id.example/t?x=1", *KEYS), "/t"),
    ],
    ids=["body", "basic", "scope", "whole address"],
)
def test_the_providers_side_gives_a_token_for_what_the_client_sends_and_for_nothing_less(
    session: Session, oauth: ClientCredentials, path: str
) -> None:
    call = next(carry(session, oauth))
    given = provider_auth(oauth).answer(call, IDS, SITE, lambda _: "t-1")
    assert call.path == path
    assert given is not None
    assert json.loads(given.body)["access_token"] == "t-1"
    refused = provider_auth(oauth).answer(
        call, {**IDS, "client_secret": "other"}, SITE, lambda _: "t-1"
    )
    assert refused is not None
    assert (refused.status, json.loads(refused.body)) == (401, {"error": "invalid_client"})
    assert provider_auth(oauth).answer(SEND, IDS, SITE, lambda _: "t-1") is None


@each(
    ("header", "both", "status"),
    [
        ("Basic", "app id:s:e%+", 200),
        ("basic", "app+id:s%3Ae%25%2B", 200),
        ("BASIC ", "app%20id:s%3Ae%25%2B", 200),
        ("Basic", "app id:s:e", 401),
        ("Basic", "app id", 401),
        ("Basic", "other:s:e%+", 401),
        ("Bearer", "app id:s:e%+", 401),
    ],
)
def test_an_id_and_a_secret_may_be_escaped_in_the_header(
    header: str, both: str, status: int
) -> None:
    known = {"client_id": "app id", "client_secret": "s:e%+"}
    headers = {"Authorization": f"{header} {b64encode(both.encode()).decode()}"}
    body = b"grant_type=client_credentials"
    call = Request(
        method="POST", url="https://sms.example/oauth2/token", headers=headers, body=body
    )
    answer = provider_auth(BASIC).answer(call, known, SITE, lambda _: "t-1")
    assert answer is not None
    assert answer.status == status


@each(
    ("token", "path", "status"),
    [
        ("POST /token", "/v1/token", 400),
        ("POST /token", "/token/", 400),
        ("POST /token", "/v2/token", None),
        ("POST https://id.example/token", "/token", 400),
        ("POST https://id.example/token", "/v1/token", None),
    ],
)
def test_a_token_call_is_below_the_path_of_the_service_too(
    token: str, path: str, status: int | None
) -> None:
    oauth, site = ClientCredentials(token, *KEYS), Site(url="https://sms.example/v1")
    call = Request(method="POST", url=f"https://sms.example{path}")
    answer = provider_auth(oauth).answer(call, IDS, site, lambda _: "t-1")
    assert getattr(answer, "status", None) == status


def test_the_providers_side_takes_the_tokens_that_it_gave_out() -> None:
    bearing = Request(method="POST", url=SEND.url, headers={"Authorization": "Bearer t-1"})
    assert provider_auth(OAUTH).is_used(bearing, {})
    assert not provider_auth(OAUTH).is_used(SEND, {})
    assert provider_auth(OAUTH).is_valid(bearing, {}, IDS, ["t-1"])
    small = replace(bearing, headers={"Authorization": "bearer t-1"})
    assert provider_auth(OAUTH).is_valid(small, {}, IDS, ["t-1"])
    assert not provider_auth(OAUTH).is_valid(bearing, {}, IDS, ["t-2"])
    assert not provider_auth(OAUTH).is_valid(SEND, {}, IDS, ["t-1"])
    assert OAUTH.fields(IDS) == {}


@each(
    ("body", "credentials", "status", "error"),
    [
        (b"grant_type=password", IDS, 400, "unsupported_grant_type"),
        (b"grant_type=", IDS, 400, "unsupported_grant_type"),
        (b"", IDS, 400, "unsupported_grant_type"),
        (b"grant_type=client_credentials", IDS, 401, "invalid_client"),
        (b"grant_type=client_credentials", {}, 401, "invalid_client"),
    ],
)
def test_the_providers_side_refuses_any_other_token_call(
    body: bytes, credentials: dict[str, str], status: int, error: str
) -> None:
    call = Request(method="POST", url="https://sms.example/oauth2/token", body=body)
    refused = provider_auth(OAUTH).answer(call, credentials, SITE, lambda _: "t-1")
    assert refused is not None
    assert (refused.status, json.loads(refused.body)) == (status, {"error": error})
