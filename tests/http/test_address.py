"""Which addresses may be spoken to without TLS."""

from __future__ import annotations

import pytest

from smsbridge import ConfigError
from smsbridge.http.address import Site, is_loopback

SITE = Site(url="https://sms.example", cleartext_hosts=("sms-mock",))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["sms.example", "10.0.0.1", "localhost.example", "", None])
def test_anything_else_is_not(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    ["https://sms.example/x", "http://127.0.0.1:8765/", "http://[::1]:1/", "http://sms-mock/a"],
)
def test_credentials_may_go_by_tls_to_loopback_and_to_allowed_hosts(url: str) -> None:
    assert SITE.checked(url) == url


def test_credentials_never_go_in_clear_elsewhere_and_the_error_says_how_to_allow_it() -> None:
    with pytest.raises(ConfigError, match=r'without TLS.*cleartext_hosts = \["other.example"\]'):
        SITE.checked("http://other.example/sendsms/?apikey=canary")


@pytest.mark.parametrize(
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
        SITE.checked(url)
    assert "canary" not in f"{refused.value!r} {refused.value.__context__!r}"
