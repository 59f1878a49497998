"""Who calls, of several: each by its own credentials or token, and nobody by another's."""

from __future__ import annotations

from collections.abc import Collection

from smsbridge.backends.base import Backend
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request
from smsbridge.serving.callers import MOST_WRONG, WRONG_SECONDS, Callers, WrongCalls
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.text.secrets import Secret

from support.blocks import REST_SEND, Clock, rest
from support.each import each
from support.mocking import FIELDS, HERE, form
from support.received import received

SHOP = SMSMobileAPI(api_key=Secret("shop-key"))
APP = SMSMobileAPI(client_id="app", client_secret=Secret("pw"), protocol="oauth")


class Given:
    """Tokens in memory."""

    def __init__(self) -> None:
        self.given: dict[str, list[str]] = {}

    def issue(self, caller: str) -> str:
        self.given.setdefault(caller, []).append(f"token-{len(self.given)}")
        return self.given[caller][-1]

    def of(self, caller: str) -> Collection[str]:
        return self.given.get(caller, [])


def callers(tokens: Given, **accounts: Backend) -> Callers:
    return Callers(accounts=accounts, tokens_of=tokens.of, issue=tokens.issue)


@each(("key", "name"), [("shop-key", "shop"), ("till-key", "till"), ("no", ""), ("", "")])
def test_a_caller_is_who_has_its_key(key: str, name: str) -> None:
    till = SMSMobileAPI(api_key=Secret("till-key"))
    request = form("/sendsms/", {**FIELDS, "apikey": key})
    known = callers(Given(), shop=SHOP, till=till, app=APP)
    assert known.who(request, received(SHOP, request)) == name


def test_a_token_is_of_who_asked_for_it() -> None:
    tokens, protocols = Given(), provider_protocols(APP)
    known = callers(tokens, shop=SHOP, app=APP)
    account = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "pw"}
    answer, refused = known.converse(form("/oauth2/token", account), protocols)
    assert answer is not None
    assert (answer.status, refused, list(tokens.given)) == (200, False, ["app"])
    bearer = form("/sendsms/", FIELDS, authorization=f"Bearer {tokens.given['app'][0]}")
    assert known.who(bearer, received(APP, bearer)) == "app"
    wrong = form("/oauth2/token", {**account, "client_secret": "no"})
    answer, refused = known.converse(wrong, protocols)
    assert answer is not None
    assert (answer.status, refused) == (401, True)


def test_what_is_no_conversation_has_no_answer() -> None:
    known = callers(Given(), app=APP)
    assert known.converse(form("/sendsms/", FIELDS), provider_protocols(APP)) == (None, False)


def test_a_challenge_is_for_anybody() -> None:
    tokens = Given()
    text = '[auth]\ntype = "digest"\nusername = "a"\npassword = "b"\n'
    backend = rest(text + REST_SEND)
    request = Request(method="POST", url=f"{HERE}/sms")
    answer, _ = callers(tokens, shop=backend).converse(request, provider_protocols(backend))
    assert answer is not None
    assert (answer.status, list(tokens.given)) == (401, [""])


def test_wrong_calls_are_counted_by_address_for_a_minute() -> None:
    wrong = WrongCalls(clock := Clock())
    for _ in range(MOST_WRONG - 1):
        wrong.add("192.0.2.1")
    assert not wrong.are_too_many("192.0.2.1")
    wrong.add("192.0.2.1")
    assert wrong.are_too_many("192.0.2.1")
    assert not wrong.are_too_many("192.0.2.2")
    clock.seconds += WRONG_SECONDS
    assert not wrong.are_too_many("192.0.2.1")


@each(
    ("other", "same"),
    [
        ("2001:db8::2", True),
        ("2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", False),
        ("192.0.2.1", False),
        ("fe80::1%eth0", False),
        ("a:name", False),
    ],
)
def test_an_address_of_six_is_a_network(other: str, *, same: bool) -> None:
    wrong = WrongCalls(Clock())
    for number in range(MOST_WRONG):
        wrong.add(f"2001:db8::1:{number}")
    assert wrong.are_too_many(other) is same


def test_an_address_of_four_is_one_however_it_is_written() -> None:
    wrong = WrongCalls(Clock())
    for _ in range(MOST_WRONG):
        wrong.add("::ffff:192.0.2.1")
    assert wrong.are_too_many("192.0.2.1")
    assert not wrong.are_too_many("::ffff:192.0.2.2")


def test_many_addresses_take_no_more_memory() -> None:
    wrong = WrongCalls(Clock())
    for number in range(10_100):
        wrong.add(f"a-{number}")
    assert not wrong.are_too_many("a-1")
