"""What both transports share: proxies, and the words for a library's errors."""

from __future__ import annotations

import gzip

import pytest

from smsbridge import Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Broken, Left, Request
from smsbridge.http.transport import Network, Places, whole

from support.each import each


@each("target", ["http://127.0.0.1:8765/", "http://localhost/", "http://[::1]/"])
def test_loopback_never_goes_through_a_proxy(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    table = SMSMobileAPI(api_key=Secret("k"), proxy=Secret("http://proxy.example:3128"))
    assert Network.of(table).proxy(target) is None
    assert Network.of(SMSMobileAPI(api_key=Secret("k"))).proxy(target) is None


def test_the_environments_proxies_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://first.example:3128")
    monkeypatch.setenv("no_proxy", "direct.example")
    network = Network.of(SMSMobileAPI(api_key=Secret("k")))
    monkeypatch.setenv("https_proxy", "http://second.example:3128")
    assert network.proxy("https://sms.example/") == "http://first.example:3128"
    assert network.proxy("https://direct.example/") is None
    assert network.proxy("http://sms.example/") is None


def test_the_place_of_an_origin_is_found_once_and_only_so_many_are_kept() -> None:
    asked: list[str] = []

    def find(origin: str) -> int:
        asked.append(origin)
        return len(asked)

    places = Places[int]()
    assert [places.of(origin, find) for origin in "aba"] == [1, 2, 1]
    for number in range(100):
        places.of(f"https://{number}.example", find)
        assert len(places) <= 32
    assert asked[:2] == ["a", "b"]


@each("packed", [True, False])
def test_a_body_that_is_too_large_names_the_config_key_that_may_allow_more(*, packed: bool) -> None:
    body = gzip.compress(b"x" * 2_000) if packed else b"x" * 2_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    why = "HTTP 200, and the body is larger than 1000 bytes"
    for key, hint in (("", ""), ("answer_limit", "; answer_limit in the config may allow more")):
        request = Request(method="POST", url="https://a.example", most=1_000, most_key=key)
        with pytest.raises(Broken) as broken:
            whole(200, headers, body, request)
        assert (broken.value.left, broken.value.why) == (Left.ALL, why + hint)
