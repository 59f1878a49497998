"""The provider takes a request that is signed with the secret of the config, whatever it signs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from smsbridge.http.exchange import Request
from smsbridge.testing.mock.provider import Provider

from support.blocks import REST_SEND, rest, sent
from support.each import each

HEAD = """
body = "form"
auth = { type = "aws", service = "sns", access_key = "AKIA-1", secret_key = "s-1", region = "eu-west-1" }
"""  # noqa: E501  (a table of TOML stands in a line)


@pytest.fixture
def provider() -> Provider:
    return Provider(rest(HEAD + REST_SEND))


def signed(request: Request, secret: str, **headers: str) -> Request:
    aws = AWSRequest(request.method, request.url, headers=headers, data=request.body)
    SigV4Auth(Credentials("AKIA-1", secret), "sns", "eu-west-1").add_auth(aws)
    kind = {"Content-Type": request.header("content-type")}
    return replace(request, headers={**kind, **dict(aws.headers.items())})


def test_our_own_is_taken(provider: Provider) -> None:
    provider.handle(sent(provider.backend))
    assert len(provider.messages) == 1


@each(("secret", "arrives"), [("s-1", True), ("s-2", False)])
def test_that_of_botocore_is_taken_if_the_secret_is_right(secret: str, *, arrives: bool) -> None:
    provider = Provider(rest(HEAD + REST_SEND))
    provider.handle(signed(sent(provider.backend), secret, **{"X-More": "1"}))
    assert len(provider.messages) == arrives


@each(
    ("name", "word"),
    [
        ("Authorization", ""),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=x"),
        ("X-Amz-Date", "20300102T000000Z"),
        ("X-Amz-Date", ""),
    ],
)
def test_what_is_not_signed_is_refused(name: str, word: str) -> None:
    provider = Provider(rest(HEAD + REST_SEND))
    request = sent(provider.backend)
    provider.handle(replace(request, headers={**request.headers, name: word}))
    provider.handle(replace(request, body=request.body + b"&more=1"))
    assert provider.messages == []
