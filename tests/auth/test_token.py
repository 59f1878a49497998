"""A token that a session keeps, whoever fetches it: without any I/O."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsbridge.auth.token import (
    Token,
    TokenRefused,
    fetch_failure,
    get_token,
    is_usable,
    no_token,
    token_of,
)
from smsbridge.errors import Reason
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response, Session

from support.blocks import Clock
from support.each import each

DOWN = Broken(Left.NOTHING, "down")


def fetching(kept: Session, seconds: object = 100) -> Callable[[str], Exchange[Token]]:
    """Return a fetch whose token is the text of the answer that comes."""

    def fetch(share: str) -> Exchange[Token]:
        response = yield Request(method="POST", url="https://gate.example/token", share=share)
        return token_of(response.body.decode(), seconds, kept.monotonic())

    return fetch


def asked(kept: Session, refused: Token | None = None) -> Exchange[Token]:
    return get_token(kept, fetching(kept), refused)


def ended(exchange: Exchange[Token], answer: str = "") -> Token:
    with pytest.raises(StopIteration) as end:
        exchange.send(Response(status=200, body=answer.encode())) if answer else next(exchange)
    token: Token = end.value.value
    return token


def fetched(kept: Session, text: str, refused: Token | None = None) -> Token:
    exchange = asked(kept, refused)
    next(exchange)
    return ended(exchange, text)


# --- its lifetime


@each(
    ("said", "seconds"),
    [
        (None, 300),
        ("", 300),
        ("soon", 300),
        ([], 300),
        ({}, 300),
        ("nan", 300),
        (float("nan"), 300),
        (0, 30),
        (-1, 30),
        ("-1e9", 30),
        (29.9, 30),
        (60, 60),
        ("60", 60),
        ("60.5", 60.5),
        (86_400, 86_400),
        (86_401, 86_400),
        (float("inf"), 86_400),
        (10**400, 86_400),
    ],
)
def test_a_lifetime_is_kept_within_30_seconds_and_a_day(said: object, seconds: float) -> None:
    token = token_of("t-1", said, 1000.0)
    assert token.valid_until == 1000 + seconds


@each(("seconds", "early"), [(30, 6), (100, 20), (150, 30), (3600, 30)])
def test_a_token_is_renewed_a_fifth_of_its_life_before_its_end_and_30_seconds_at_most(
    seconds: float, early: float
) -> None:
    token = token_of("t-1", seconds, 0.0)
    assert token.valid_until - token.renew_at == early


# --- kept, renewed, shared


def test_a_token_is_fetched_once_and_then_kept(kept: Session) -> None:
    first = fetched(kept, "t-1")
    assert ended(asked(kept)) is first


def test_a_token_is_renewed_when_it_is_time(kept: Session, clock: Clock) -> None:
    first = fetched(kept, "t-1")
    clock.seconds += 79
    assert ended(asked(kept)) is first
    clock.seconds += 1
    assert fetched(kept, "t-2").text == "t-2"


def test_a_token_that_is_valid_serves_on_while_none_can_be_fetched(
    kept: Session, clock: Clock
) -> None:
    first = fetched(kept, "t-1")
    clock.seconds += 99
    renewing = asked(kept)
    next(renewing)
    with pytest.raises(StopIteration) as end:
        renewing.throw(DOWN)
    assert end.value.value is first
    clock.seconds += 1
    late = asked(kept)
    next(late)
    with pytest.raises(Broken):
        late.throw(DOWN)


def test_a_refused_token_does_not_serve_on_while_none_can_be_fetched(kept: Session) -> None:
    first = fetched(kept, "t-1")
    renewing = asked(kept, refused=first)
    next(renewing)
    with pytest.raises(Broken):
        renewing.throw(DOWN)


def test_of_two_whose_token_was_refused_the_second_takes_what_the_first_fetched(
    kept: Session,
) -> None:
    first = fetched(kept, "t-1")
    second = fetched(kept, "t-2", refused=first)
    assert ended(asked(kept, refused=first)) is second


def test_who_asks_at_the_same_time_shares_one_request_and_the_next_has_another(
    kept: Session,
) -> None:
    one, other = asked(kept), asked(kept)
    share = next(one).share
    assert next(other).share == share
    assert (ended(one, "t-1").text, ended(other, "t-1").text) == ("t-1", "t-1")
    kept.kept.clear()
    assert next(asked(kept)).share != share


def test_a_fetch_that_fails_ends_its_share(kept: Session) -> None:
    failing = asked(kept)
    share = next(failing).share
    with pytest.raises(TokenRefused):
        failing.throw(TokenRefused("no"))
    assert next(asked(kept)).share != share


def test_a_late_answer_does_not_replace_a_newer_token(kept: Session) -> None:
    late, other = asked(kept), asked(kept)
    next(late)
    next(other)
    ended(other, "t-1")
    newer = fetched(kept, "t-2", refused=kept.kept["token"])
    assert ended(late, "t-1").text == "t-1"
    assert ended(asked(kept)) is newer


# --- what nobody may see


def test_a_token_is_in_no_repr_and_is_hidden_in_errors(kept: Session) -> None:
    token = fetched(kept, "canary-token")
    assert "canary" not in repr(token)
    assert "canary-token" in kept.hidden


@each("text", ["t", "a.b-c_d~e+f/g==", "with blank"])
def test_printable_ascii_can_be_a_token(text: str) -> None:
    assert is_usable(text)


@each("text", ["", None, 5, ["t"], "t\n", "t\r\nX: y", "tök", "\0", "\x7f", " t", "t "])
def test_what_no_header_can_carry_is_no_token(text: object) -> None:
    assert not is_usable(text)


# --- how a token call fails


@each("retry", [True, False])
@each("left", list(Left))
def test_a_broken_token_call_means_that_nothing_of_the_message_has_left(
    left: Left, *, retry: bool
) -> None:
    broken = fetch_failure(Broken(left, "reset", retry=retry))
    assert (broken.left, broken.retry) == (Left.NOTHING, retry)
    assert "reset" in broken.why


@each(("status", "retry"), [(200, True), (404, True), (500, True), (302, False), (308, False)])
def test_an_answer_without_a_token_may_be_better_later_unless_it_is_a_redirect(
    status: int, *, retry: bool
) -> None:
    broken = no_token(Response(status=status, body=b"canary"), "it has no token", Session())
    assert (broken.left, broken.retry) == (Left.NOTHING, retry)
    assert broken.why == f"the token call got HTTP {status}: it has no token"


def test_what_the_token_call_asks_to_wait_is_passed_on() -> None:
    busy = Response(status=503, headers={"Retry-After": "7"})
    broken = no_token(busy, "it has no token", Session())
    assert (broken.retry_after, fetch_failure(broken).retry_after) == (7, 7)


def test_a_refusal_is_of_the_credentials_unless_another_reason_is_said() -> None:
    assert TokenRefused("7").reason is Reason.AUTHENTICATION
    assert TokenRefused("7", Reason.RATE).reason is Reason.RATE
