"""Which proxy a request goes through: by the config, by the environment and its exceptions."""

from __future__ import annotations

import pytest

from smsbridge import ConfigError, Secret
from smsbridge.http.proxy import Proxies, Proxy, is_bypassed

from support.each import each


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "no", "all"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)


@each(
    ("no_proxy", "host"),
    [
        ("*", "sms.example"),
        ("sms.example", "sms.example"),
        ("sms.example", "eu.sms.example"),
        (".sms.example", "eu.sms.example"),
        (".sms.example", "sms.example"),
        ("*.sms.example", "eu.sms.example"),
        ("SMS.Example", "sms.example"),
        ("sms.example", "SMS.EXAMPLE"),
        ("sms.example.", "sms.example"),
        ("sms.example", "sms.example."),
        ("sms.example:443", "sms.example"),
        ("other.example , sms.example ", "sms.example"),
        ("other.example sms.example", "sms.example"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3/8", "10.200.0.1"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3:443", "10.1.2.3"),
        ("10.0.0.0/8:443", "10.1.2.3"),
        ("2001:db8::/32", "2001:db8::1"),
        ("[2001:db8::]/32", "2001:db8::1"),
        ("2001:db8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
    ],
)
def test_a_host_in_no_proxy_is_reached_directly(no_proxy: str, host: str) -> None:
    assert is_bypassed(no_proxy, host, 443)


@each(
    ("no_proxy", "host"),
    [
        ("", "sms.example"),
        (",, ,", "sms.example"),
        (".", "sms.example"),
        ("*.", "sms.example"),
        ("sms.example", "notsms.example"),
        ("sms.example", "sms.example.other.example"),
        ("*.sms.example", "notsms.example"),
        ("s*.example", "sms.example"),
        ("sms.example:8443", "sms.example"),
        ("*:443", "sms.example"),
        ("10.0.0.0/8", "11.0.0.1"),
        ("10.0.0.0/8", "10.example"),
        ("10.0.0.0/99", "10.0.0.1"),
        ("10", "10.0.0.1"),
        ("2001:db8::/32", "2001:db9::1"),
        ("2001:db8::/32", "10.0.0.1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("http://sms.example", "sms.example"),
    ],
)
def test_any_other_host_is_not(no_proxy: str, host: str) -> None:
    assert not is_bypassed(no_proxy, host, 443)


@each("name", ["https_proxy", "HTTPS_PROXY"])
@each(
    ("given", "url"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        (" proxy.example:3128 ", "http://proxy.example:3128"),
        ("proxy.example", "http://proxy.example:80"),
        ("user:word@proxy.example:3128", "http://proxy.example:3128"),
        ("https://proxy.example/", "https://proxy.example:443"),
        ("HTTP://Proxy.example", "http://proxy.example:80"),
        ("[2001:db8::1]:3128", "http://[2001:db8::1]:3128"),
    ],
)
def test_a_proxy_of_the_environment_may_be_a_url_or_a_host_and_a_port(
    given: str, url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, given)
    found = Proxies.of(None).to("https://sms.example/a")
    assert found
    assert (found.url, found.name) == (url, url.partition("//")[2])


@each(
    "given",
    [
        "socks5://canary@proxy.example",
        "socks5h://canary@proxy.example:1080",
        "socks4://proxy.example",
        "ftp://proxy.example",
        "http://canary:canary@",
        "canary:canary@proxy.example:port",
        "http://canary@proxy.example:99999",
        "http://proxy.example/canary",
        "http://proxy.example?canary",
        "http://pro xy.example",
        "http://prö.example",
        "://",
    ],
)
@each("name", ["https_proxy", "HTTPS_PROXY"])
def test_one_that_cannot_be_used_is_refused_by_its_variable_and_not_shown(
    given: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, given)
    proxies = Proxies.of(None)
    assert proxies.to("http://sms.example/") is None
    assert proxies.to("https://127.0.0.1/") is None
    with pytest.raises(ConfigError) as refused:
        proxies.to("https://sms.example/")
    assert str(refused.value).startswith(f"{name}: give http:// or https://")
    assert "canary" not in str(refused.value)


def test_the_small_letters_come_before_the_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://capital.example")
    monkeypatch.setenv("https_proxy", "http://small.example")
    assert Proxies.of(None).to("https://sms.example/") == Proxy(url="http://small.example:80")
    monkeypatch.setenv("https_proxy", "")
    assert Proxies.of(None).to("https://sms.example/") is None


def test_what_the_client_of_a_cgi_program_says_is_no_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example")
    assert Proxies.of(None).to("http://sms.example/") is None
    assert Proxies.of(None).to("https://sms.example/") is not None


def test_the_proxy_of_a_config_stands_in_for_all_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "socks5://proxy.example")
    monkeypatch.setenv("no_proxy", "*")
    proxies = Proxies.of(Secret("http://own.example:3128"))
    for scheme in ("http", "https"):
        assert proxies.to(f"{scheme}://sms.example/") == Proxy(url="http://own.example:3128")


@each("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "localhost.", "[::1]"])
def test_loopback_never_goes_through_one(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example")
    assert Proxies.of(None).to(f"http://{host}:8765/") is None
    assert Proxies.of(Secret("http://proxy.example")).to(f"http://{host}:8765/") is None


@each(
    ("given", "sent"),
    [
        ("http://proxy.example", ""),
        ("http://user:word@proxy.example", "Basic dXNlcjp3b3Jk"),
        ("http://user@proxy.example", "Basic dXNlcjo="),
        ("http://user:p%40ss%C3%BC+@proxy.example", "Basic dXNlcjpwQHNzw7wr"),
    ],
)
def test_its_credentials_are_decoded_for_its_header_and_never_shown(given: str, sent: str) -> None:
    proxy = Proxy.at("proxy", given)
    assert (proxy.authorization, proxy.url) == (sent, "http://proxy.example:80")
    assert not sent or sent not in repr(proxy)
