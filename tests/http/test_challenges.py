"""Whose a refusal is: the challenges of an answer, and pages of others on the way."""

from __future__ import annotations

from smsbridge.http.challenges import challenges, describe_schemes, is_foreign, is_page
from smsbridge.http.exchange import Response

from support.each import each

NGINX = b"<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>"
LIGHTTPD = b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C">\n<html xmlns="x">'
WERKZEUG = b'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<title>404 Not Found</title>'
HTML = "text/html; charset=utf-8"


@each(
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


@each(
    ("body", "label", "page"),
    [
        (NGINX, HTML, True),
        (b"<!-- blocked -->\n<!DOCTYPE HTML>\n<HTML>", "TEXT/HTML", True),
        (LIGHTTPD, "application/xhtml+xml", True),
        (NGINX, "", True),
        (WERKZEUG, HTML, True),
        (b"<!doctype html><title>403</title>", "", True),
        (b"<center><h1>403 Forbidden</h1></center>", HTML, True),
        (b"<!--" + b" " * 2000 + b"--><html>", HTML, True),
        (b'\xef\xbb\xbf{"error": "1"}', HTML, False),
        (b"<header><code>12</code></header>", HTML, False),
        (b"Forbidden", HTML, True),
        (b"Forbidden", "text/plain", False),
        (b'{"error": "1"}', HTML, False),
        (b" [1]", HTML, False),
        (b"<s:Envelope/>", HTML, False),
        (b"", HTML, False),
        (b'{"error": "1"}', "application/json", False),
    ],
)
def test_a_page_is_known_by_what_it_holds_and_only_then_by_its_label(
    body: bytes, label: str, *, page: bool
) -> None:
    assert is_page(Response(status=403, headers={"Content-Type": label}, body=body)) is page


@each(
    ("challenge", "scheme", "foreign"),
    [
        ("", "bearer", True),
        ("", "", True),
        ('Basic realm="staff"', "bearer", True),
        ('Basic realm="staff"', "", True),
        ('Bearer error="invalid_token"', "bearer", False),
        ('Basic realm="a, b", Digest realm="r"', "digest", False),
    ],
)
def test_a_page_is_of_another_unless_it_asks_for_our_own_scheme(
    challenge: str, scheme: str, *, foreign: bool
) -> None:
    response = Response(status=401, headers={"WWW-Authenticate": challenge}, body=NGINX)
    assert is_foreign(response, scheme) is foreign


@each(
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
    assert describe_schemes(Response(status=401, headers={"WWW-Authenticate": header})) == said
