"""A token conversation, without any I/O. Over real sockets: test_faults.py."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from smsbridge import ClientCredentials, ConfigError
from smsbridge.auth.token import TokenRefused
from smsbridge.http.address import Site
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response, Session

from support.blocks import Clock
from support.oauth import BASIC, KEYS, SEND, SITE, carry

DONE = Response(status=200)


@pytest.fixture
def session(clock: Clock) -> Session:
    return Session(monotonic=clock)


def token(text: str, **more: Any) -> Response:
    return Response(status=200, body=json.dumps({"access_token": text, **more}).encode())


def finished(exchange: Exchange[Response], response: Response) -> Response:
    with pytest.raises(StopIteration) as end:
        exchange.send(response)
    value: Response = end.value.value
    return value


def bearer(request: Request) -> str:
    return request.header("authorization")


def test_the_token_call_is_a_form_with_both_in_the_body(session: Session) -> None:
    exchange = carry(session)
    call = next(exchange)
    assert (call.method, call.url) == ("POST", "https://sms.example/oauth2/token")
    assert dict(parse_qsl(call.body.decode())) == {
        "grant_type": "client_credentials",
        "client_id": "id-1",
        "client_secret": "se:cret",
    }
    assert "authorization" not in {name.lower() for name in call.headers}
    assert call.share == session.share("token")


def test_a_token_is_kept_and_renewed_before_it_ends(session: Session, clock: Clock) -> None:
    first = carry(session)
    next(first)
    assert bearer(first.send(token("t-1", expires_in=100))) == "Bearer t-1"
    finished(first, DONE)
    clock.seconds += 79
    assert bearer(next(carry(session))) == "Bearer t-1"
    clock.seconds += 1
    assert next(carry(session)).path == "/oauth2/token"


@pytest.mark.parametrize("trouble", [Broken(Left.NOTHING, "refused"), Response(status=500)])
def test_a_token_that_is_still_valid_goes_on_being_used_when_renewal_fails(
    session: Session, clock: Clock, trouble: Broken | Response
) -> None:
    first = carry(session)
    next(first)
    first.send(token("t-1", expires_in=100))
    clock.seconds += 90
    second = carry(session)
    next(second)
    resent = second.throw(trouble) if isinstance(trouble, Broken) else second.send(trouble)
    assert bearer(resent) == "Bearer t-1"
    clock.seconds += 10
    third = carry(session)
    next(third)
    tell = third.throw if isinstance(trouble, Broken) else third.send
    with pytest.raises(Broken, match="token call") as broken:
        tell(trouble)  # type: ignore[arg-type]  # each takes its own kind
    assert broken.value.left is Left.NOTHING


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, 300),
        ("soon", 300),
        ([], 300),
        (0, 30),
        (-1, 30),
        (1e12, 86_400),
        ("60", 60),
        (60, 60),
    ],
)
def test_an_odd_lifetime_is_kept_within_30_seconds_and_a_day(
    session: Session, clock: Clock, said: object, seconds: float
) -> None:
    exchange = carry(session)
    next(exchange)
    exchange.send(token("t-1", **({} if said is None else {"expires_in": said})))
    assert session.kept["token"].valid_until - clock.seconds == seconds


def test_a_401_renews_only_if_the_token_is_still_the_one_that_was_used(session: Session) -> None:
    first, second = carry(session), carry(session)
    next(first)
    next(second)
    first.send(token("t-1"))
    assert bearer(second.send(token("t-1"))) == "Bearer t-1"
    refused = Response(status=401)
    assert first.send(refused).path == "/oauth2/token"
    first.send(token("t-2"))
    assert bearer(second.send(refused)) == "Bearer t-2"
    assert finished(second, refused) is refused


def test_two_that_ask_at_once_have_the_same_share_and_the_next_has_another(
    session: Session,
) -> None:
    first, second, third = carry(session), carry(session), carry(session)
    share = next(first).share
    assert next(second).share == share
    with pytest.raises(Broken):
        first.throw(Broken(Left.NOTHING, "down"))
    assert next(third).share != share


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_token_call_is_told_apart(session: Session, code: str, status: int) -> None:
    exchange = carry(session)
    next(exchange)
    with pytest.raises(TokenRefused) as refused:
        exchange.send(Response(status=status, body=json.dumps({"error": code}).encode()))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (400, '{"error": "invalid_scope"}', "invalid_scope: check auth.scope"),
        (
            400,
            '{"error": "unsupported_grant_type"}',
            "unsupported_grant_type: it doesn't issue tokens",
        ),
        (
            400,
            '{"error": "invalid_request"}',
            "invalid_request: check auth.token_url, and auth.basic",
        ),
        (401, '{"error": "invalid_grant"}', "invalid_grant: check the credentials"),
    ],
)
def test_a_mistake_in_what_is_asked_for_is_named_and_fails_again(
    session: Session, status: int, body: str, why: str
) -> None:
    exchange = carry(session)
    next(exchange)
    with pytest.raises(Broken) as broken:
        exchange.send(Response(status=status, body=body.encode()))
    assert broken.value.why.startswith(f"the token call got HTTP {status}: {why}")
    assert broken.value.retry is False


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"error": "canary"}', b'{"error": 1}'])
@pytest.mark.parametrize(
    ("status", "why"),
    [
        (401, "it does not take the credentials; check them, and auth.basic"),
        (403, "these credentials may not get a token; check them"),
        (404, "there is no token call; check auth.token_url"),
        (405, "there is no token call by POST; check auth.token_url"),
    ],
)
def test_a_status_that_refuses_a_token_call_says_what_to_check(
    session: Session, status: int, why: str, body: bytes
) -> None:
    exchange = carry(session)
    next(exchange)
    with pytest.raises(Broken) as broken:
        exchange.send(Response(status=status, body=body))
    assert broken.value.why == f"the token call got HTTP {status}: {why}"


def test_a_client_that_may_not_have_a_token_is_told_why(session: Session) -> None:
    exchange = carry(session)
    next(exchange)
    with pytest.raises(TokenRefused) as refused:
        exchange.send(Response(status=400, body=b'{"error": "unauthorized_client"}'))
    assert refused.value.why == (
        "the token call was refused: 'unauthorized_client': "
        "this client may not get a token with its id and secret alone"
    )


@pytest.mark.parametrize(("status", "retry"), [(500, True), (302, False), (307, False)])
def test_a_token_call_that_is_redirected_will_be_so_again(
    session: Session, status: int, *, retry: bool
) -> None:
    exchange = carry(session)
    next(exchange)
    with pytest.raises(Broken) as broken:
        exchange.send(Response(status=status))
    assert broken.value.retry is retry


def test_a_token_is_in_no_repr(session: Session) -> None:
    exchange = carry(session)
    next(exchange)
    exchange.send(token("canary-token"))
    assert "canary-token" not in repr(session.kept["token"])


@pytest.mark.parametrize(("scope", "asked"), [("", {}), ("sms:send x", {"scope": "sms:send x"})])
def test_a_scope_is_asked_for_where_there_is_one(
    session: Session, scope: str, asked: dict[str, str]
) -> None:
    call = next(carry(session, ClientCredentials("POST /t", *KEYS, scope=scope)))
    given = dict(parse_qsl(call.body.decode()))
    assert given == {
        "grant_type": "client_credentials",
        "client_id": "id-1",
        "client_secret": "se:cret",
        **asked,
    }


def test_as_basic_the_credentials_are_in_the_header_form_encoded_and_not_in_the_body(
    session: Session,
) -> None:
    call = next(carry(session, BASIC))
    assert dict(parse_qsl(call.body.decode())) == {"grant_type": "client_credentials"}
    told = base64.b64decode(call.header("authorization").removeprefix("Basic "))
    assert told == b"id-1:se%3Acret"  # RFC 6749 §2.3.1


def test_as_basic_they_go_to_the_token_call_alone(session: Session) -> None:
    exchange = carry(session, BASIC)
    next(exchange)
    assert bearer(exchange.send(token("t-1"))) == "Bearer t-1"


def test_a_token_may_come_from_a_whole_address(session: Session) -> None:
    elsewhere = ClientCredentials("POST https://id.example:8443/t?x=1", *KEYS)
    exchange = carry(session, elsewhere)
    assert next(exchange).url == "https://id.example:8443/t?x=1"
    assert exchange.send(token("t-1")).url == SEND.url


def test_a_whole_address_without_tls_is_refused_before_the_credentials_leave(
    session: Session,
) -> None:
    with pytest.raises(ConfigError, match=r"would go to id\.example without TLS"):
        next(carry(session, ClientCredentials("POST http://id.example/t", *KEYS)))
    allowed = Site(url=SITE.url, cleartext_hosts=["id.example"])
    call = next(carry(session, ClientCredentials("POST http://id.example/t", *KEYS), allowed))
    assert call.url == "http://id.example/t"


def test_a_path_needs_the_address_that_it_belongs_to(session: Session) -> None:
    with pytest.raises(ConfigError, match="token_url as a whole address"):
        next(carry(session, site=Site(url="")))
