"""A backend from a URL, and nothing of the URL in any error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Client, Limit, Retry, Secret
from smsbridge.config.url import from_url

from support.each import each
from support.refusing import behind, refusal, shown

CANARY = "canary"


@each(
    ("url", "protocol", "address", "credentials"),
    [
        ("smsmobileapi+rest://K@sms.example", "rest", "https://sms.example", ["K"]),
        ("smsmobileapi+soap://K@sms.example", "soap", "https://sms.example", ["K"]),
        ("smsmobileapi+oauth://C:S@sms.example", "oauth", "https://sms.example", ["C", "S"]),
        ("smsmobileapi://K@sms.example", "rest", "https://sms.example", ["K"]),
        ("acme+soap://U:P@sms.example", "soap", "https://sms.example", ["U", "P"]),
        ("acme+rest://U:a%2Fb%40c%3Ad+e%25f@sms.example", "rest", "", ["U", "a/b@c:d+e%f"]),
        ("acme+rest://%3AU%2B:%20P%23%3F@sms.example", "rest", "", [":U+", " P#?"]),
        ("acme+rest://%D1%8F:%E2%82%AC@sms.example", "rest", "", ["я", "€"]),
        ("smsmobileapi+rest://a+b@sms.example", "rest", "", ["a+b"]),
        ("smsmobileapi+rest://K@sms.example/", "rest", "https://sms.example", ["K"]),
        ("smsmobileapi+rest://K@sms.example?tls=on", "rest", "https://sms.example", ["K"]),
        ("smsmobileapi+rest://K@sms.example:8443", "rest", "https://sms.example:8443", ["K"]),
        ("smsmobileapi+rest://K@127.0.0.1?tls=off", "rest", "http://127.0.0.1", ["K"]),
        ("smsmobileapi+rest://K@localhost:81/?tls=off", "rest", "http://localhost:81", ["K"]),
        ("smsmobileapi+rest://K@[::1]:8765?tls=off", "rest", "http://[::1]:8765", ["K"]),
        ("smsmobileapi+rest://K@[2001:db8::1]", "rest", "https://[2001:db8::1]", ["K"]),
        ("SMSMobileAPI+REST://Key@SMS.EXAMPLE", "rest", "https://sms.example", ["Key"]),
        ("  smsmobileapi+rest://K@sms.example\n", "rest", "https://sms.example", ["K"]),
    ],
)
def test_a_url_says_backend_protocol_credentials_and_address(
    url: str, protocol: str, address: str, credentials: list[str]
) -> None:
    backend = from_url(url)
    wanted = backend.protocols[protocol].auth.credentials
    assert backend.protocol == protocol
    assert backend.url == (address or "https://sms.example")
    assert [backend.credentials()[key] for key in wanted] == credentials


@each(
    ("query", "seconds"),
    [("", 30), ("?timeout=5", 5), ("?timeout=2.5", 2.5), ("?tls=on&timeout=3600", 3600)],
)
def test_a_url_may_say_a_timeout(query: str, seconds: float) -> None:
    assert from_url(f"smsmobileapi+rest://K@sms.example{query}").timeout == seconds


@each(
    ("query", "key", "value"),
    [
        ("retry=1", "retry", Retry(attempts=1)),
        ("retry=4", "retry", Retry(attempts=4)),
        ("limit=5", "limit", Limit(per_second=5)),
        ("limit=0.5", "limit", Limit(per_second=0.5)),
        ("limit=10000", "limit", Limit(per_second=10_000)),
        ("ca=/etc/ssl/own.pem", "ca", "/etc/ssl/own.pem"),
        ("ca=own%26+.pem", "ca", str(Path.cwd() / "own&+.pem")),
        ("proxy=http://proxy.example:3128", "proxy", Secret("http://proxy.example:3128")),
        ("proxy=http%3A%2F%2Fu:p%2540%2B@p.example", "proxy", Secret("http://u:p%40+@p.example")),
        ("proxy=http://u:a+b@p.example", "proxy", Secret("http://u:a+b@p.example")),
        ("cleartext_hosts=sms-mock", "cleartext_hosts", ("sms-mock",)),
        ("cleartext_hosts=a.example,B.example", "cleartext_hosts", ("a.example", "b.example")),
        ("cleartext_hosts=[2001:db8::1],%20x", "cleartext_hosts", ("2001:db8::1", "x")),
        ("retry=3&&timeout=5&limit=2&", "retry", Retry(attempts=3)),
    ],
)
def test_a_url_may_say_what_a_block_may(query: str, key: str, value: object) -> None:
    assert getattr(from_url(f"smsmobileapi+rest://K@sms.example?{query}"), key) == value


@each(
    ("host", "allowed"),
    [
        ("sms-mock:8765", "sms-mock"),
        ("SMS-Mock:8765", "other,sms-mock"),
        ("sms-mock:8765", "SMS-MOCK"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_a_mock_in_compose_is_reached_without_tls_if_its_host_is_named(
    host: str, allowed: str
) -> None:
    url = f"smsmobileapi+rest://K@{host}?tls=off&cleartext_hosts={allowed}"
    assert from_url(url).url == f"http://{host.lower()}"


@each("name", ["console", "memory"])
def test_a_backend_without_a_network_needs_its_name_only(name: str) -> None:
    assert from_url(f"{name}://").name == name


@each(
    "rest",
    [
        "://?canaryoption=canaryvalue",
        "+canaryprotocol://",
        "://canarykey@",
        ":///canarypath",
        "://?tls=off&timeout=canaryvalue",
    ],
)
def test_a_backend_without_a_network_refuses_what_it_would_ignore(rest: str) -> None:
    error = refusal(lambda: from_url(f"memory{rest}"))
    assert CANARY not in shown(error, *behind(error))


HOST = "canaryhost.example"
URL = f"smsmobileapi+rest://canarykey@{HOST}"
OAUTH_URL = "smsmobileapi+oauth://"
REFUSED_URLS = {
    "a path": (f"{URL}/canarypath", "path"),
    "a fragment": (f"{URL}#canaryfragment", "fragment"),
    "an unknown option": (f"{URL}?canaryoption=canaryvalue", "timeout="),
    "a misspelt option": (f"{URL}?cleartxt_hosts=canary", "did you mean cleartext_hosts?"),
    "an option without a value": (f"{URL}?canaryoption", "timeout="),
    "tls neither on nor off": (f"{URL}?tls=canaryvalue", "tls=on"),
    "tls off and not loopback": (f"{URL}?tls=off", "cleartext_hosts=HOST"),
    "tls off and another host": (f"{URL}?tls=off&cleartext_hosts=canary", "cleartext_hosts=HOST"),
    "tls off and only a part of the host": (
        f"{URL}?tls=off&cleartext_hosts=example,.example,*",
        "cleartext_hosts=HOST",
    ),
    "no hosts": (f"{URL}?cleartext_hosts=", "cleartext_hosts=HOST"),
    "an empty host": (f"{URL}?cleartext_hosts=canary,,x", "cleartext_hosts=HOST"),
    "no attempts": (f"{URL}?retry=", "retry=ATTEMPTS"),
    "0 attempts": (f"{URL}?retry=0", "retry=ATTEMPTS"),
    "too many attempts": (f"{URL}?retry=98765", "retry=ATTEMPTS"),
    "attempts that are no number": (f"{URL}?retry=canary", "retry=ATTEMPTS"),
    "a half attempt": (f"{URL}?retry=1.5", "retry=ATTEMPTS"),
    "no calls a second": (f"{URL}?limit=0", "limit=CALLS"),
    "too many calls a second": (f"{URL}?limit=98765", "limit=CALLS"),
    "calls that are no number": (f"{URL}?limit=canary", "limit=CALLS"),
    "calls of an odd digit": (f"{URL}?limit=²", "limit=CALLS"),
    "no file of issuers": (f"{URL}?ca=", "ca=FILE"),
    "a file with a NUL": (f"{URL}?ca=canary%00", "ca=FILE"),
    "a file that is not UTF-8": (f"{URL}?ca=canary%FF", "ca=FILE"),
    "a proxy of another kind": (f"{URL}?proxy=socks5://canary@x", "proxy: give http://"),
    "a proxy without a scheme": (f"{URL}?proxy=canary", "proxy: give http://"),
    "no proxy": (f"{URL}?proxy=", "proxy=URL"),
    "an option twice": (f"{URL}?timeout=5&timeout=5&x=canary", "each once"),
    "a timeout that is no number": (f"{URL}?timeout=canaryvalue", "timeout"),
    "a timeout of an odd digit": (f"{URL}?timeout=²", "timeout"),
    "an empty timeout": (f"{URL}?timeout=", "timeout"),
    "a timeout of 0": (f"{URL}?timeout=0", "timeout"),
    "a negative timeout": (f"{URL}?timeout=-98765", "timeout"),
    "a timeout beyond an hour": (f"{URL}?timeout=98765", "timeout"),
    "no credentials": (f"smsmobileapi+rest://{HOST}", "API_KEY@"),
    "empty credentials": (f"smsmobileapi+rest://@{HOST}", "API_KEY@"),
    "too many credentials": (f"smsmobileapi+rest://canarykey:canarymore@{HOST}", "API_KEY@"),
    "too few credentials": (f"{OAUTH_URL}canaryclient@{HOST}", "CLIENT_ID:CLIENT_SECRET@"),
    "an empty secret": (f"{OAUTH_URL}canaryclient:@{HOST}", "CLIENT_ID:CLIENT_SECRET@"),
    "an empty client": (f"{OAUTH_URL}:canarysecret@{HOST}", "CLIENT_ID:CLIENT_SECRET@"),
    "three for two": (f"{OAUTH_URL}canary1:canary2:canary3@{HOST}", "CLIENT_ID:CLIENT_SECRET@"),
    "no host": ("smsmobileapi+rest://canarykey@", "host"),
    "a port without a host": ("smsmobileapi+rest://canarykey@:98", "host"),
    "a port that is no number": (f"{URL}:canaryport", "BACKEND+PROTOCOL://"),
    "a port too high": (f"{URL}:98765", "BACKEND+PROTOCOL://"),
    "port 0": (f"{URL}:0", "BACKEND+PROTOCOL://"),
    "an unknown backend": (f"canarybackend+rest://canarykey@{HOST}", "smsmobileapi"),
    "an unknown backend alone": (f"canarybackend://canarykey@{HOST}", "smsmobileapi"),
    "a web address": (f"https://canarykey@{HOST}", "smsmobileapi"),
    "an unknown protocol": (f"smsmobileapi+canary://canarykey@{HOST}", "rest, soap, oauth"),
    "two protocols": (f"smsmobileapi+rest+canary://canarykey@{HOST}", "rest, soap, oauth"),
    "no scheme": ("canarykey", "BACKEND+PROTOCOL://"),
    "no slashes": (f"smsmobileapi+rest:canarykey@{HOST}", "BACKEND+PROTOCOL://"),
    "nothing": ("", "BACKEND+PROTOCOL://"),
    "a raw / in the key": (f"smsmobileapi+rest://canary1/canary2@{HOST}", "%2F"),
    "a raw / in the secret": (f"{OAUTH_URL}canary1:canary2/canary3@{HOST}", "%2F"),
    "a raw : and / in the key": (f"smsmobileapi+rest://canary1:canary2/x@{HOST}", "%2F"),
    "a raw ? in the key": (f"smsmobileapi+rest://canary1?canary2@{HOST}", "%3F"),
    "a raw # in the key": (f"smsmobileapi+rest://canary1#canary2@{HOST}", "%23"),
    "a raw [ in the key": (f"smsmobileapi+rest://canary1[canary2@{HOST}", "BACKEND+PROTOCOL://"),
    "raw [] in the key": (f"smsmobileapi+rest://x[canary1]y@{HOST}", "BACKEND+PROTOCOL://"),
    "an open [": ("smsmobileapi+rest://canarykey@[2001:db8::1", "BACKEND+PROTOCOL://"),
    "a host no one has": (f"{URL}\N{ACCOUNT OF}canary", "BACKEND+PROTOCOL://"),
}
refused_urls = pytest.mark.parametrize(
    ("url", "says"), REFUSED_URLS.values(), ids=REFUSED_URLS.keys()
)


@refused_urls
def test_a_url_that_cannot_be_used_is_refused_with_what_to_write(url: str, says: str) -> None:
    assert says in str(refusal(lambda: from_url(url)))


@each("url", [None, 5, b"smsmobileapi+rest://canarykey@sms.example", ["canary"]])
def test_what_is_no_text_is_no_url(url: Any) -> None:
    error = refusal(lambda: from_url(url))
    assert "BACKEND+PROTOCOL://" in str(error)
    assert CANARY not in shown(error, *behind(error))


def parts_of(url: str) -> list[str]:
    """Return what may not be shown of a refused URL: its canaries, and its long numbers."""
    return [part for part in (CANARY, *re.findall(r"\d{5}", url), "²", "2001:db8") if part in url]


@refused_urls
def test_no_part_of_a_refused_url_is_in_the_error(url: str, says: str) -> None:
    error = refusal(lambda: from_url(url))
    assert [part for part in parts_of(url) if part in shown(error)] == []


@refused_urls
def test_no_part_of_a_refused_url_is_in_what_the_error_comes_from(url: str, says: str) -> None:
    error = refusal(lambda: from_url(url))
    assert [part for part in parts_of(url) if part in shown(*behind(error))] == []


@refused_urls
def test_smsbridge_url_is_refused_as_quietly(
    url: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", url)
    error = refusal(Client)
    assert [part for part in parts_of(url) if part in shown(error)] == []
