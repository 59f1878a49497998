"""Which addresses may be spoken to without TLS."""

from __future__ import annotations

import pytest

from smsbridge import ConfigError
from smsbridge.http.address import Site, is_loopback, is_url

from support.each import each

SITE = Site(url="https://sms.example", cleartext_hosts=("sms-mock",))


@each("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@each("host", ["sms.example", "10.0.0.1", "localhost.example", "", None])
def test_anything_else_is_not(host: str | None) -> None:
    assert not is_loopback(host)


@each("place", ["https://sms.example", "HTTPS://SMS.EXAMPLE", "ftp://a", "x+y://"])
def test_a_url_is_known_by_its_scheme_in_any_case(place: str) -> None:
    assert is_url(place)


@each("place", ["sms.wsdl", "/etc/sms.wsdl", "a/http://b", "C:\\sms", "://", ""])
def test_a_file_is_none(place: str) -> None:
    assert not is_url(place)


@each(
    "url",
    ["https://sms.example/x", "http://127.0.0.1:8765/", "http://[::1]:1/", "http://sms-mock/a"],
)
def test_credentials_may_go_by_tls_to_loopback_and_to_allowed_hosts(url: str) -> None:
    assert SITE.check(url) == url


def test_credentials_never_go_in_clear_elsewhere_and_the_error_says_how_to_allow_it() -> None:
    with pytest.raises(ConfigError, match=r'without TLS.*cleartext_hosts = \["other.example"\]'):
        SITE.check("http://other.example/sendsms/?apikey=canary")


@each(
    "url",
    [
        "ftp://sms.example",
        "sms.example",
        "https://",
        "file:///etc/x",
        "",
        "https://user:canary@sms.example",
        "http://localhost@sms.example",
        "https://sms.example:99999",
        "https://[::1",
    ],
)
def test_another_scheme_or_no_host_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="http:// or https:// and a host") as refused:
        SITE.check(url)
    assert "canary" not in f"{refused.value!r} {refused.value.__context__!r}"
