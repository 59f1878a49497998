"""AWS Signature Version 4: equal to botocore's own, by the time of the session."""

from __future__ import annotations

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.blocks import NOW, REST_SEND, rest, sent

HEAD = """
body = "form"
auth = { type = "aws", service = "sns", access_key = "AKIA-1", secret_key = "s-1", region = "eu-west-1" }
"""  # noqa: E501  (a table of TOML stands in a line)


def test_a_request_is_signed_as_botocore_signs_it() -> None:
    request = sent(rest(HEAD + REST_SEND))
    date = NOW.strftime("%Y%m%dT%H%M%SZ")
    assert request.header("x-amz-date") == date
    headers = {"Content-Type": request.header("content-type"), "X-Amz-Date": date}
    wanted = AWSRequest("POST", request.url, headers=headers, data=request.body)
    wanted.context["timestamp"] = date
    signer = SigV4Auth(Credentials("AKIA-1", "s-1"), "sns", "eu-west-1")
    text = signer.string_to_sign(wanted, signer.canonical_request(wanted))
    scope = f"AKIA-1/{date[:8]}/eu-west-1/sns/aws4_request"
    assert request.header("authorization") == (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=content-type;host;x-amz-date, "
        f"Signature={signer.signature(text, wanted)}"
    )
