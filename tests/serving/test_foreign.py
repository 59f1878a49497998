"""A request of another origin is told from one of our own; more of it is in the mock's control."""

from __future__ import annotations

from smsbridge.http.exchange import Request
from smsbridge.serving.foreign import find_foreign

from support.each import each

OTHER = "not our Host"


def found(*hosts: str, **headers: str) -> str:
    named = {name.replace("_", "-"): word for name, word in headers.items()}
    request = Request(method="GET", url="http://localhost/", headers=named)
    return find_foreign(request, hosts, OTHER)


@each(
    ("host", "why"),
    [
        ("", ""),
        ("localhost:8765", ""),
        ("Sms-Mock:8765", ""),
        ("evil.example", OTHER),
        ("127.0.0.1.evil.example", OTHER),
        ("192.0.2.1", OTHER),
    ],
)
def test_a_host_is_our_own_or_another_one(host: str, why: str) -> None:
    assert found("sms-mock", Host=host) == why


def test_who_listens_everywhere_is_asked_at_any_address() -> None:
    assert found("0.0.0.0", Host="192.0.2.1:8765") == ""
    assert found("0.0.0.0", Host="evil.example") == OTHER


@each(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
def test_another_origin_is_foreign_whatever_the_host(headers: dict[str, str]) -> None:
    assert "another origin" in found(Host="localhost:8765", **headers)
    assert found(Host="localhost:8765", Origin="http://localhost:8765") == ""
