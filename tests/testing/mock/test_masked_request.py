"""A request is shown without credentials, right or wrong, and with all the rest."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from smsbridge.http.exchange import Request
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider

from support.blocks import REST_SEND, rest
from support.each import each
from support.mocking import HERE, ask, form, sending

WRONG = "zq8-Xk2/wrong+4711"


def shown(mock: Provider, request: Request) -> dict[str, Any]:
    mock.handle(request)
    (found,) = ask(mock, "requests")["requests"]
    assert WRONG not in str(found)
    assert "s3cret" not in str(found)
    one: dict[str, Any] = found
    return one


def test_the_key_is_hidden_and_number_and_text_are_not() -> None:
    found = shown(Provider(sample_backend()), sending(WRONG, text="my test-key is lost"))
    assert found["body"] == "apikey=•••&recipients=%2B12025550123&message=my ••• is lost"
    assert (found["method"], found["path"], found["query"]) == ("POST", "/sendsms/", "")
    assert found["headers"] == {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_query_is_shown_so_too() -> None:
    url = f"{HERE}/sendsms/?apikey=zq8-Xk2%2Fwrong%2B4711&message=a+b&x"
    found = shown(Provider(sample_backend()), Request(method="GET", url=url))
    assert found["query"] == "apikey=•••&message=a+b&x"


@each(
    ("headers", "given"),
    [
        ({"Authorization": f"Bearer {WRONG}"}, {"Authorization": "Bearer •••"}),
        ({"authorization": WRONG}, {"authorization": "•••"}),
        ({"Cookie": f"id={WRONG}"}, {"Cookie": "•••"}),
        ({"X-Api-Key": WRONG}, {"X-Api-Key": "•••"}),
        ({"X-Shop": WRONG}, {"X-Shop": "•••"}),
        ({"X-Trace": "abc"}, {"X-Trace": "abc"}),
    ],
)
def test_headers_that_prove_who_asks_are_hidden(
    headers: dict[str, str], given: dict[str, str]
) -> None:
    auth = 'auth = { type = "headers", pin = "s3cret-1234", headers = { X-Shop = "{pin}" } }\n'
    request = form("/sms", {"to": "+12025550123", "body": "Hello"})
    found = shown(Provider(rest(auth + REST_SEND)), replace(request, headers=headers))
    assert {name: found["headers"][name] for name in given} == given


def test_what_holds_a_credential_in_another_form_is_hidden() -> None:
    auth = 'auth = { type = "basic", username = "shop", password = "s3cret-1234" }\n'
    both = base64.b64encode(b"shop:s3cret-1234").decode()
    request = form("/sms", {"to": "+12025550123", "body": f"so {both}"})
    found = shown(Provider(rest(auth + REST_SEND)), request)
    assert found["body"] == "to=%2B12025550123&body=so •••"


def test_of_a_body_without_names_nothing_is_shown() -> None:
    request = replace(sending(), headers={"Content-Type": "text/plain"}, body=WRONG.encode())
    assert shown(Provider(sample_backend()), request)["body"] == "•••"
