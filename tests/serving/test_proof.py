"""Credentials are looked for in all that a call can have of them."""

from __future__ import annotations

import json

from smsbridge.codecs.rest import JSON
from smsbridge.http.exchange import Request
from smsbridge.text.hmac_text import hmac_text

from support.blocks import rest as block
from support.each import each
from support.received import received

NUMBER = "+12025550123"


@each(
    ("url", "known"),
    [
        ("https://gate.example/sms", True),
        ("http://gate.example/sms", True),
        ("https://other.example/sms", False),
    ],
)
def test_what_is_signed_with_its_address_was_called_by_its_host(url: str, *, known: bool) -> None:
    signs = '{ hmac-sha256 = { key = "{key}", of = "{url}" } }'
    backend = block(f"""
        auth = {{ type = "headers", key = "secret" }}
        [send]
        route = "POST /sms"
        headers = {{ X-Signature = {signs} }}
        fields = {{ to = "{{recipient}}", body = "{{text}}" }}
        accepted = {{ when = {{ id = "*" }} }}
    """)
    word = hmac_text("hmac-sha256", "secret", url.encode(), "hex")
    request = Request(
        method="POST",
        url="http://localhost/sms",
        headers={"Content-Type": JSON, "Host": "gate.example", "X-Signature": word},
        body=json.dumps({"to": NUMBER, "body": "Hi"}).encode(),
    )
    assert received(backend, request).known is known
