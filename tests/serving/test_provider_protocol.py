"""A request is read once, whatever is asked of it, and by protocols that read alike only one."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from smsbridge.codecs.rest import FORM
from smsbridge.http.exchange import Request
from smsbridge.mapping.codec import Note, Unreadable
from smsbridge.serving.codec import Call
from smsbridge.serving.provider_protocol import ProviderProtocol, provider_protocols
from smsbridge.serving.rest import ProviderRest
from smsbridge.testing.mock.default import sample_backend

FIELDS = {"apikey": "test-key", "recipients": "+12025550123", "message": "Hello"}


def protocols() -> dict[str, ProviderProtocol]:
    return {one.name: one for one in provider_protocols(sample_backend())}


def form(path: str = "/sendsms/", kind: str = FORM) -> Request:
    url = f"https://api.smsmobileapi.com{path}"
    body = urlencode(FIELDS).encode()
    return Request(method="POST", url=url, headers={"Content-Type": kind}, body=body)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """Return the requests that the codec of REST was given."""
    given: list[Request] = []
    read = ProviderRest.read

    def listening(
        self: ProviderRest, names: tuple[str, ...], request: Request, note: Note
    ) -> Call | None:
        given.append(request)
        return read(self, names, request, note)

    monkeypatch.setattr(ProviderRest, "read", listening)
    return given


def test_protocols_that_need_no_wsdl_come_first() -> None:
    assert [one.codec.needs_wsdl for one in provider_protocols(sample_backend())] == [
        False,
        False,
        True,
    ]


def test_rest_and_oauth_read_alike_so_a_request_is_read_once(reads: list[Request]) -> None:
    both, asked, noted = protocols(), form("/sendsms"), list[str]()
    found = [both[name].read(asked, noted.append) for name in ("rest", "oauth", "rest")]
    assert found[0] is not None
    assert found[0].fields["message"] == "Hello"
    assert found[0] is found[1] is found[2]
    assert noted == ["a path with or without its trailing slash"] * 3, "each is told of it"
    assert reads == [asked]


def test_another_request_is_read_anew_also_one_that_says_the_same(reads: list[Request]) -> None:
    rest, first = protocols()["rest"], form()
    again = replace(first)
    assert rest.read(first, list[str]().append) == rest.read(again, list[str]().append)
    assert len(reads) == 2


def test_what_cant_be_read_is_refused_each_time(reads: list[Request]) -> None:
    rest, odd = protocols()["rest"], form(kind="text/csv")
    for _ in range(2):
        with pytest.raises(Unreadable, match="it is neither"):
            rest.read(odd, list[str]().append)
    assert len(reads) == 1
