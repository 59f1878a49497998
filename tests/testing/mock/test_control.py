"""What a test may ask of the mock provider beside its own calls."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Client
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.mock.changes import KEPT
from smsbridge.testing.mock.control import URLS, answer_control
from smsbridge.testing.mock.control_answers import MOST_WAIT
from smsbridge.testing.mock.control_changes import MOST_DELAY
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.lanes import LONGEST_NAME, MOST_LANES, MOST_WAITING
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.request_log import MOST_BYTES, MOST_KEPT
from smsbridge.testing.mock.text_pattern import LONGEST, MOST_READ
from smsbridge.testing.mock.transport import InProcess

from support.each import each


@pytest.fixture
def provider() -> Provider:
    return Provider(sample_backend())


def ask(provider: Provider, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    request = Request(method=method, url=f"http://127.0.0.1/_mock/{path}", body=body)
    answer = provider.handle(request)
    assert isinstance(answer, Response)
    return answer.status, json.loads(answer.body)


def test_reset_forgets_what_was_sent_and_what_came_in(provider: Provider) -> None:
    ask(provider, "POST", "receive", b'{"sender": "+12025550111", "text": "Hello"}')
    with Client(provider.backend, transport=InProcess(provider)) as client:
        client.send("+12025550123", "Hello")
        assert len(client.received()) == 2
        assert ask(provider, "POST", "reset") == (200, {"status": "ok"})
        assert (len(client.received()), list(client.sent())) == (1, [])
    assert ask(provider, "GET", "messages") == (200, [])


def test_a_message_comes_in_as_asked(provider: Provider) -> None:
    body = '{"sender": "MPESA", "text": "ä 😀", "device": "d-1"}'.encode()
    assert ask(provider, "POST", "receive", body) == (200, {"status": "ok"})
    with Client(provider.backend, transport=InProcess(provider)) as client:
        (row,) = client.received(device="d-1")
    assert (row.sender, row.text, row.device) == ("MPESA", "ä 😀", "d-1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"sender": "x"}',
        b'{"sender": "", "text": "x"}',
        b'{"sender": 7, "text": "x"}',
        b'{"sender": "x", "text": "x", "more": "x"}',
        b"[" * 100_000,
        b'{"sender": ' * 20_000,
        b'{"sender": "x", "text": NaN}',
        b'{"sender": "x", "text": ' + b"9" * 5000 + b"}",
        b'{"sender": "x", "text": 1e400}',
        b'{"sender": "x", "text": {"text": "x"}}',
        b'{"sender": "x", "text": "x", "device": null}',
        b'{"sender": "x", "text": "x", "text": "y"}',
        b'{"sender": "x", "text": "\\ud800"}',
        b'{"sender": "x\\u0000", "text": "x"}',
        b"\xff\xfe",
    ],
)
def test_a_message_that_could_not_come_in_is_refused(provider: Provider, body: bytes) -> None:
    status, said = ask(provider, "POST", "receive", body)
    assert (status, said["error"]) == (400, 400)
    assert "give an object with sender, text and optionally device" in said["message"]
    assert len(provider.history.received) == 1


CONTROLS = [
    ("GET", "messages"),
    ("GET", "notes"),
    ("GET", "health"),
    ("POST", "receive"),
    ("POST", "reset"),
    ("GET", "more"),
]
REACHED = {"Host": "127.0.0.1:8765"}


def status_of(provider: Provider, method: str, path: str, headers: dict[str, str]) -> int:
    body = b'{"sender": "x", "text": "x"}' if path == "receive" else b""
    url = f"http://127.0.0.1/_mock/{path}"
    answer = provider.handle(Request(method=method, url=url, headers=headers, body=body))
    assert isinstance(answer, Response)
    return answer.status


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8765"},
        {"Host": "localhost.evil.example"},
        {"Host": "192.0.2.1:8765"},
        {"Host": "api.smsmobileapi.com"},
        {"Host": "127.0.0.1:8765,evil.example"},
        {"Host": "["},
        {"Host": "127.0.0.1@evil.example"},
        {**REACHED, "Origin": "http://evil.example"},
        {**REACHED, "Origin": "http://127.0.0.1:3000"},
        {**REACHED, "Origin": "http://127.0.0.1"},
        {**REACHED, "Origin": "null"},
        {"Origin": "http://evil.example"},
        {**REACHED, "Sec-Fetch-Site": "cross-site"},
        {**REACHED, "Sec-Fetch-Site": "same-site"},
        {**REACHED, "Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_of_another_origin_is_not_told_and_changes_nothing(
    provider: Provider, headers: dict[str, str]
) -> None:
    provider.receive("+12025550111", "Hello")
    assert {status_of(provider, *one, headers) for one in CONTROLS} == {403}
    assert len(provider.history.received) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        REACHED,
        {"Host": "localhost:8765"},
        {"Host": "LOCALHOST"},
        {"Host": "[::1]:8765"},
        {"Host": "127.0.0.2"},
        {"Host": "sms-mock:8765"},
        {"Host": "SMS-Mock"},
        {**REACHED, "Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"},
        {**REACHED, "Sec-Fetch-Site": "none"},
    ],
)
def test_a_test_or_a_page_of_the_mock_itself_is_answered(
    provider: Provider, headers: dict[str, str]
) -> None:
    provider.address = "http://sms-mock:8765"
    assert [status_of(provider, *one, headers) for one in CONTROLS] == [200] * 5 + [404]


@pytest.mark.parametrize("address", ["http://0.0.0.0:8765", "http://[::]:8765"])
def test_a_mock_at_every_address_of_its_machine_is_asked_at_any_but_by_no_name(
    provider: Provider, address: str
) -> None:
    provider.address = address
    for host, status in (("192.0.2.1:8765", 200), ("[2001:db8::1]", 200), ("evil.example", 403)):
        assert status_of(provider, "GET", "health", {"Host": host}) == status


def test_who_is_refused_is_told_what_to_do(provider: Provider) -> None:
    request = Request(
        method="GET", url="http://127.0.0.1/_mock/health", headers={"Host": "sms-mock"}
    )
    answer = provider.handle(request)
    assert isinstance(answer, Response)
    assert "--address" in json.loads(answer.body)["message"]


def test_health_tells_what_is_played_and_which_fault(provider: Provider) -> None:
    assert "fault" not in ask(provider, "GET", "health")[1]
    provider.fault = "silence"
    assert ask(provider, "GET", "health")[1]["fault"] == "silence"


@each(
    ("method", "path", "status", "says"),
    [
        ("PUT", "/messages", 405, "/_mock/messages takes GET, HEAD"),
        ("HEAD", "/reset", 405, ""),
        ("GET", "/verfy", 404, "there is no /_mock/verfy; did you mean '/verify'?"),
        ("GET", "/", 404, "there is no /_mock/; known: /clock, "),
        ("POST", "", 404, "there is no /_mock; known: /clock, "),
        ("GET", "/requests/7", 404, "no request of this lane has that id"),
    ],
)
def test_what_is_misspelt_is_told_and_is_nothing_that_a_client_did(
    provider: Provider, method: str, path: str, status: int, says: str
) -> None:
    answer = provider.handle(Request(method=method, url=f"http://127.0.0.1/_mock{path}"))
    assert isinstance(answer, Response)
    assert (answer.status, says in answer.body.decode()) == (status, True)
    assert provider.verdict().passed


def test_what_only_begins_like_control_is_left_to_the_provider(provider: Provider) -> None:
    assert answer_control(provider, Request(method="GET", url="http://127.0.0.1/_mockup/")) is None


def test_the_page_lists_each_control_url_with_what_it_takes() -> None:
    page = Path(__file__).parents[3].joinpath("docs/mock.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(GET|POST) /_mock(/\S+)` \|([^|]*)\|", page, re.MULTILINE)
    told = {(method, path): set(re.findall("`(.+?)`", takes)) for method, path, takes in rows}
    assert told == {key: {*url.parameters, *url.keys} for key, url in URLS.items()}


def test_the_page_has_the_limits() -> None:
    page = Path(__file__).parents[3].joinpath("docs/mock.md").read_text(encoding="utf-8")
    limits = page.partition("### Limits")[2]
    found = re.findall(r"\| (?:the last )?([0-9]+)", limits)
    assert [int(one) for one in found] == [MOST_LANES, MOST_KEPT, KEPT, MOST_WAITING]
    assert f"at most {MOST_BYTES // 1024**2} MiB" in limits
    for said in (
        f"that many seconds ({MOST_WAIT})",
        f"at most {MOST_DELAY} milliseconds",
        f"most {LONGEST} characters",
        f"first {MOST_READ} characters of a text",
        f"1 to {LONGEST_NAME} visible characters",
    ):
        assert said in page.replace("\n", " ")
