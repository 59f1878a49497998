"""What a 401 asks for. How a Digest challenge is answered: auth/test_digest.py."""

from __future__ import annotations

import pytest

from smsbridge.http.challenges import challenges, offered_schemes
from smsbridge.http.exchange import Response


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        (" , ,", []),
        ("Negotiate", [("negotiate", {})]),
        ("NTLM TlRM==, Basic", [("ntlm", {}), ("basic", {})]),
        ("DIGEST Realm = x ,,nonce=y,", [("digest", {"realm": "x", "nonce": "y"})]),
        (r'a b="\"c\\d, e f=g"', [("a", {"b": r'"c\d, e f=g'})]),
        ('a b="",\tc d=""', [("a", {"b": ""}), ("c", {"d": ""})]),
    ],
)
def test_challenges_are_read_as_rfc_9110_writes_them(
    header: str, found: list[tuple[str, dict[str, str]]]
) -> None:
    assert challenges(header) == found


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", ""),
        ('Basic realm="r"', "it asks for Basic"),
        ('Digest realm="r", nonce="n", Basic realm="r"', "it asks for Basic or Digest"),
        ("negotiate, NTLM", "it asks for Negotiate or NTLM, which smsbridge does not speak"),
        ("NTLM TlRM==", "it asks for NTLM, which smsbridge does not speak"),
        ("NTLM, Basic", "it asks for Basic or NTLM"),
        ("Canary-key x=y", "it asks for another scheme, which smsbridge does not speak"),
        ('Basic realm="r', ""),
        ("a " * 100_000, ""),
    ],
)
def test_what_a_401_offers_is_said_in_names_that_are_known(header: str, said: str) -> None:
    assert offered_schemes(Response(status=401, headers={"WWW-Authenticate": header})) == said
