"""A signature is theirs, and fresh, or the request is refused with 401: never another way."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import Secret
from smsbridge.errors import WebhookUntrusted
from smsbridge.http.exchange import Request
from smsbridge.webhooks.signatures import Signature, check_signature, sign

from support.each import each
from support.webhooking import NEXT, NOW, SECRET, SIGNATURE, TABLES, TIMESTAMP, having, signed

assert TABLES[0].signed is not None
TABLED: Signature = TABLES[0].signed
BODY = b'{"id":"1"}'


def is_theirs(request: Request, *secrets: str, now: float = 0, by: Signature = TABLED) -> bool:
    """Return whether a request is taken; what refuses it is always the same error."""
    try:
        check_signature(by, request, list(map(Secret, secrets)), NOW + timedelta(seconds=now))
    except WebhookUntrusted:
        return False
    return True


def by_hand(secret: str, stamp: str, body: bytes) -> str:
    request = Request(method="POST", url="/", headers={TIMESTAMP: stamp}, body=body)
    return sign(TABLED, request, {"secret": secret}).removeprefix("v1=")


def test_a_signature_is_what_openssl_prints() -> None:
    # printf '1700000000.{"id":"1"}' | openssl dgst -sha256 -hmac whsec-example
    known = "1ceed6e9052d8cf5c998c85df3f996b7fdcc8360dcab0b59f68ae678eb186c63"
    assert by_hand("whsec-example", "1700000000", BODY) == known


def test_a_signature_is_an_hmac_of_the_timestamp_a_dot_and_the_raw_body() -> None:
    request = signed()
    timestamp = request.headers[TIMESTAMP]
    plain = timestamp.encode() + b"." + request.body
    digits = hmac.new(SECRET.encode(), plain, hashlib.sha256).hexdigest()
    assert timestamp == str(int(NOW.timestamp()))
    assert request.headers[SIGNATURE] == f"v1={digits}"
    assert is_theirs(request, SECRET)


@each(("others", "theirs"), [(0, True), (1, True), (7, True), (8, False)])
def test_of_several_signatures_in_one_header_one_is_enough(others: int, *, theirs: bool) -> None:
    table = replace(TABLED, rotating=SIGNATURE.upper())
    stamp = str(int(NOW.timestamp()))
    several = [f"v1={by_hand(f'other {n}', stamp, BODY)}" for n in range(others)]
    said = " ".join([*several, f"v1={by_hand(SECRET, stamp, BODY)}"])
    headers = {TIMESTAMP: stamp, SIGNATURE: said}
    request = Request(method="POST", url="/", headers=headers, body=BODY)
    assert is_theirs(request, SECRET, by=table) is theirs


@given(secret=st.text(st.characters(codec="utf-8"), min_size=1), body=st.binary())
def test_what_is_signed_is_theirs_for_any_secret_and_body(secret: str, body: bytes) -> None:
    stamp = str(int(NOW.timestamp()))
    headers = {TIMESTAMP: stamp, SIGNATURE: f"v1={by_hand(secret, stamp, body)}"}
    assert is_theirs(Request(method="POST", url="/", headers=headers, body=body), secret)


@each(
    ("sent_with", "configured", "theirs"),
    [
        ((SECRET,), (SECRET,), True),
        ((SECRET,), (NEXT,), False),
        ((SECRET, NEXT), (SECRET,), True),  # we have not rotated yet
        ((SECRET, NEXT), (NEXT,), True),  # we have already
        ((SECRET, NEXT), (SECRET, NEXT), True),
        ((NEXT,), (SECRET, NEXT), True),  # they have finished
        ((SECRET, NEXT), ("another",), False),
        ((), (SECRET,), False),
        ((SECRET,), (), False),
    ],
)
def test_while_a_secret_is_rotated_either_will_do(
    sent_with: tuple[str, ...], configured: tuple[str, ...], theirs: object
) -> None:
    assert is_theirs(signed(secrets=sent_with), *configured) is theirs


@each("late", [-300, -299.5, 0, 299.5, 300])
def test_up_to_300_seconds_from_the_clock_it_is_theirs(late: float) -> None:
    assert is_theirs(signed(), SECRET, now=late)


@each("late", [-301, -300.001, 300.001, 301, 86_400])
def test_beyond_300_seconds_it_is_refused(late: float) -> None:
    assert not is_theirs(signed(), SECRET, now=late)


def test_each_flipped_byte_of_the_body_is_noticed() -> None:
    request = signed()
    for place in range(len(request.body)):
        body = bytearray(request.body)
        body[place] ^= 1
        assert not is_theirs(replace(request, body=bytes(body)), SECRET)


@each("header", [TIMESTAMP, SIGNATURE])
def test_each_flipped_character_of_a_header_is_noticed(header: str) -> None:
    value = signed().headers[header]
    for place in range(len(value)):
        changed = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        assert not is_theirs(having(signed(), **{header: changed}), SECRET)


@each("cut", [lambda body: body[:-1], lambda body: body + b" ", lambda _: b""])
def test_a_body_that_is_shorter_or_longer_is_noticed(cut: Callable[[bytes], bytes]) -> None:
    request = signed()
    assert not is_theirs(replace(request, body=cut(request.body)), SECRET)


def test_the_names_of_headers_have_no_case() -> None:
    request = signed()
    for change in (str.lower, str.upper, str.title):
        headers = {change(name): value for name, value in request.headers.items()}
        assert is_theirs(replace(request, headers=headers), SECRET)


GOOD = signed().headers[SIGNATURE]
ODD_SIGNATURES = {
    "none": "",
    "two": f"{GOOD},{GOOD}",
    "two, apart": f"{GOOD} {GOOD}",
    "no prefix": GOOD.removeprefix("v1="),
    "another version": GOOD.replace("v1=", "v2="),
    "the prefix twice": f"v1={GOOD}",
    "too short": GOOD[:-1],
    "too long": f"{GOOD}0",
    "no hex": f"{GOOD[:-1]}g",
    "other digits": f"{GOOD[:-1]}\u0661",
    "a line end": f"{GOOD}\n",
    "a lone surrogate": "v1=\ud800",
    "huge": "v1=" + "0" * 1_000_000,
}


@each("name", ODD_SIGNATURES)
def test_an_odd_signature_is_refused(name: str) -> None:
    assert not is_theirs(having(signed(), **{SIGNATURE: ODD_SIGNATURES[name]}), SECRET)


@each("name", ODD_SIGNATURES)
def test_an_odd_second_signature_does_no_harm(name: str) -> None:
    header = f"{SIGNATURE}-Next"
    assert is_theirs(having(signed(), **{header: ODD_SIGNATURES[name]}), SECRET)


@each(
    "stamp",
    [
        *("", "0", "-1", "+1", "1e9", "1.5", " ", "now", "\u0661" * 10),
        *("9" * 12, "9" * 13, "9" * 9999, "\ud800", "1801388\n", "2027-01-31T09:30:00Z"),
    ],
)
def test_a_timestamp_that_is_odd_is_refused_even_if_it_was_signed(stamp: str) -> None:
    signature = hmac.new(
        SECRET.encode(), stamp.encode(errors="surrogatepass") + b"." + BODY, hashlib.sha256
    )
    headers = {TIMESTAMP: stamp, SIGNATURE: f"v1={signature.hexdigest()}"}
    assert not is_theirs(Request(method="POST", url="/", headers=headers, body=BODY), SECRET)


@each("header", [TIMESTAMP, SIGNATURE])
def test_a_header_that_is_missing_or_there_twice_is_refused(header: str) -> None:
    request = signed()
    without = {name: value for name, value in request.headers.items() if name != header}
    assert not is_theirs(replace(request, headers=without), SECRET)
    twice = {**request.headers, header.lower(): request.headers[header]}
    assert not is_theirs(replace(request, headers=twice), SECRET)


HEADERS = st.dictionaries(
    st.sampled_from([TIMESTAMP, SIGNATURE, f"{SIGNATURE}-Next", TIMESTAMP.lower()])
    | st.text(max_size=9),
    st.text() | st.from_regex(r"v1=[0-9a-f]{60,66}") | st.integers().map(str),
)


@given(headers=HEADERS, body=st.binary())
def test_nothing_but_a_refusal_comes_of_any_headers_and_any_body(
    headers: dict[str, str], body: bytes
) -> None:
    assert not is_theirs(Request(method="POST", url="/", headers=headers, body=body), SECRET)


def test_a_refusal_says_why_and_shows_nothing_of_the_request() -> None:
    told = set()
    for request in (
        signed(secrets=[NEXT]),
        signed(late=301),
        having(signed(), **{SIGNATURE: "v1=canary"}),
        having(signed(), **{TIMESTAMP: "canary"}),
    ):
        with pytest.raises(WebhookUntrusted) as caught:
            check_signature(TABLED, request, [Secret(SECRET)], NOW)
        told.add(str(caught.value))
        assert caught.value.status == 401
        assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.args}"
        assert not any(value in str(caught.value) for value in request.headers.values())
    assert len(told) == 4
