"""An HMAC is the one of the standards, written as hex, base64 or base64url."""

from __future__ import annotations

from smsbridge.text.hmac_text import hmac_text

from support.each import each

_DATA = b"what do ya want for nothing?"


_SHA512 = (
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
)


@each(
    ("algorithm", "digest"),
    [  # RFC 2202 and RFC 4231, test case 2
        ("hmac-md5", "750c783e6ab0b503eaa86e310a5db738"),
        ("hmac-sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("hmac-sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("hmac-sha512", _SHA512),
    ],
)
def test_it_is_the_hmac_of_the_standards(algorithm: str, digest: str) -> None:
    assert hmac_text(algorithm, "Jefe", _DATA, "hex") == digest


def test_base64_has_padding_and_base64url_has_none() -> None:
    plain = hmac_text("hmac-sha256", "Jefe", _DATA, "base64")
    assert plain == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
    assert hmac_text("hmac-sha1", "Jefe", _DATA, "base64") == "7/zfauXrL6LSdBbV8YTfnCWafHk="
    assert hmac_text("hmac-sha1", "Jefe", _DATA, "base64url") == "7_zfauXrL6LSdBbV8YTfnCWafHk"
