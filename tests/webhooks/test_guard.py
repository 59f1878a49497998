"""Who signs with a credential of the backend is known by it, or there is no receiver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from smsbridge import ConfigError
from smsbridge.http.exchange import Request
from smsbridge.text.hmac_text import hmac_text
from smsbridge.webhooks import MessageReceived, Receiver, Signature, Webhook, WebhookKind
from smsbridge.webhooks.guard import origin_of
from smsbridge.webhooks.signatures import sign

from support.each import each

ORIGIN, KEY = "https://app.example", "canary-key-4e1d"


def hmac_of(key: str, of: str, form: str = "hex") -> dict[str, Any]:
    return {"hmac-sha256": {"key": key, "of": of, "as": form}}


def arrived(signed: Signature | None = None) -> Webhook:
    row = {"sender": "from", "text": "text"}
    return Webhook(kind=WebhookKind.ARRIVED, body="form", row=row, signed=signed)


class Signing:
    """A backend as a receiver sees it."""

    callback = ""

    def __init__(self, *tables: Webhook, callback: str = "", **credentials: str) -> None:
        self.webhooks, self.callback, self._credentials = tables, callback, credentials

    def credentials(self) -> Mapping[str, str]:
        return self._credentials

    def zone(self) -> None:
        """Return none."""


def request(signed: Signature, of: str, url: str = "/sms?a=1", **more: str) -> Request:
    before = signed.value[0] if isinstance(signed.value, list) else ""
    header = before + hmac_text("hmac-sha256", KEY, of.encode(), "hex")
    return Request(
        method="POST", url=url, headers={signed.header: header, **more}, body=b"text=b&from=1"
    )


@each(
    ("of", "signed"),
    [
        ("{body}", "text=b&from=1"),
        ("{method} {url}", f"POST {ORIGIN}/sms?a=1"),
        ("{address}", f"{ORIGIN}/sms"),
        ("{form|sorted}", "from1textb"),
        ("{query|sorted};{body}", "a1;text=b&from=1"),
        ("{{{body}}}", "{text=b&from=1}"),
    ],
)
def test_a_signature_is_of_what_its_table_says(of: str, signed: str) -> None:
    by = Signature(header="X-Sign", value=["v1=", hmac_of("{token}", of)])
    receiver = Receiver(Signing(arrived(by), token=KEY), public_url=ORIGIN)
    (event,) = receiver.read(request(by, signed))
    assert isinstance(event, MessageReceived)
    for other in (
        replace(request(by, signed), headers={}),
        request(by, f"{signed} "),
        replace(request(by, signed), headers={"X-Sign": "v1="}),
    ):
        assert receiver.answer(other, print).status == 401


def test_a_nonce_goes_into_it() -> None:
    by = Signature(header="X-Sign", value=hmac_of("{token}", "{url}{nonce}"), nonce="X-Nonce")
    receiver = Receiver(Signing(arrived(by), token=KEY), public_url=ORIGIN)
    good = request(by, f"{ORIGIN}/sms?a=17", **{"X-Nonce": "7"})
    assert len(receiver.read(good)) == 1
    bad = replace(good, headers={**good.headers, "X-Nonce": "8"})
    assert receiver.answer(bad, print).status == 401


def test_a_shared_word_is_compared_as_it_is() -> None:
    by = Signature(header="Authorization", value="Bearer {secret}")
    receiver = Receiver([arrived(by)], secrets=["sesame"])
    for word, status in (("Bearer sesame", 200), ("sesame", 401), ("Bearer Sesame", 401)):
        headers = {"Authorization": word}
        given = replace(request(by, ""), headers=headers)
        assert receiver.answer(given, lambda _: None).status == status


def test_the_address_may_have_a_prefix_that_a_proxy_took_off_and_is_that_of_the_callback() -> None:
    by = Signature(header="X-Sign", value=hmac_of("{token}", "{url}"))
    table = arrived(by)
    behind = Receiver(Signing(table, token=KEY), public_url=f"{ORIGIN}/hooks/")
    assert len(behind.read(request(by, f"{ORIGIN}/hooks/sms?a=1"))) == 1
    told = Receiver(Signing(table, token=KEY, callback=f"{ORIGIN}/sms/reports"))
    assert len(told.read(request(by, f"{ORIGIN}/sms?a=1"))) == 1


@each(
    ("source", "given", "why"),
    [
        ([arrived()], {}, "needs secrets, a path that is secret, or networks"),
        (Signing(arrived(Signature(header="X", value="{token}"))), {}, "signs with token"),
        ([arrived(Signature(header="X", value="{token}"))], {"path": "/x1"}, "signs with token"),
        (
            Signing(arrived(Signature(header="X", value="{token}")), token=KEY),
            {"secrets": ["s"]},
            "signs with token of the backend",
        ),
        (
            Signing(arrived(Signature(header="X", value=hmac_of("{a}", "{url}"))), a=KEY),
            {},
            "public_url: the signature covers the address",
        ),
        (
            Signing(arrived(Signature(header="X", value=hmac_of("{a}", "{url}"))), a=KEY),
            {"public_url": "app.example"},
            "public_url: give http:// or https://",
        ),
    ],
)
def test_a_receiver_that_could_not_know_its_provider_is_a_config_error(
    source: Any, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        Receiver(source, **given)
    assert KEY not in str(caught.value)


def test_what_one_kind_signs_is_not_read_as_another_kind() -> None:
    by = Signature(header="X-Sign", value=hmac_of("{token}", "{body}"))
    plain = Webhook(kind=WebhookKind.REPORTED, body="form", row={"id": "from", "status": "text"})
    receiver = Receiver(Signing(plain, arrived(by), token=KEY))
    (event,) = receiver.read(request(by, "text=b&from=1"))
    assert isinstance(event, MessageReceived)
    assert receiver.answer(replace(request(by, ""), headers={}), print).status == 401


def test_hex_may_be_in_capitals_and_base64_may_not() -> None:
    for form, change, status in (("hex", str.upper, 200), ("base64", str.swapcase, 401)):
        by = Signature(header="X-Sign", value=hmac_of("{token}", "{body}", form))
        receiver = Receiver(Signing(arrived(by), token=KEY))
        said = hmac_text("hmac-sha256", KEY, b"text=b&from=1", form)
        for word, wanted in ((said, 200), (change(said), status)):
            given = replace(request(by, ""), headers={"X-Sign": word})
            assert receiver.answer(given, lambda _: None).status == wanted


def test_nothing_is_signed_with_a_key_that_is_missing() -> None:
    by = Signature(header="X-Sign", value=hmac_of("{token}", "{body}"))
    for known in ({}, {"token": ""}):
        with pytest.raises(ValueError, match="the key is missing"):
            sign(by, request(by, ""), known)


def test_a_callback_that_is_no_address_is_not_the_public_one() -> None:
    assert [origin_of(url) for url in ("", "/sms", "https://a.example:8443/b?c")] == [
        *("", ""),
        "https://a.example:8443",
    ]
