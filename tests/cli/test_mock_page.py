"""The page of ``smsbridge mock``: in the ready line, in a browser, or not at all."""

from __future__ import annotations

import re
import webbrowser

import pytest
import requests

from smsbridge.cli.mock_page import make_page
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider

from support.each import each
from support.mocking import mocking

pytestmark = pytest.mark.usefixtures("nowhere")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what would be opened in a browser."""
    found: list[str] = []

    def open_it(url: str) -> bool:
        found.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_it)
    return found


def test_the_ready_line_names_the_page() -> None:
    with mocking() as ready:
        assert ready["page"] == f"{ready['address']}/_mock/"
        answer = requests.get(ready["page"], timeout=20)
    assert (answer.status_code, "No message yet" in answer.text) == (200, True)


def test_without_a_page_there_is_none(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with mocking("--no-page", "--open") as ready:
        assert "page" not in ready
        assert requests.get(f"{ready['control']}/", timeout=20).status_code == 404
    assert opened == []
    assert capsys.readouterr().err == "--open: this mock has no page\n"


def test_a_fault_of_the_address_has_no_page() -> None:
    with mocking("--fault", "refused") as ready:
        assert "page" not in ready


def test_the_page_is_opened(opened: list[str]) -> None:
    with mocking("--open") as ready:
        assert opened == [ready["page"]]


def test_where_no_browser_is_found_the_page_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with mocking("--open") as ready:
        pass
    assert capsys.readouterr().err == f"--open: no browser was found; the page is {ready['page']}\n"


@each(
    ("address", "host", "tokens"),
    [
        (None, "127.0.0.1", 0),
        (None, "::1", 0),
        ("http://localhost:8765", "127.0.0.1", 0),
        ("http://sms-mock:8765", "127.0.0.1", 1),
        (None, "0.0.0.0", 1),
        ("http://127.0.0.1:8765", "0.0.0.0", 1),
        (None, "192.0.2.1", 1),
    ],
)
def test_where_others_can_reach_it_the_page_has_a_token(
    address: str | None, host: str, tokens: int
) -> None:
    places = {make_page(Provider(sample_backend()), host, address) for _ in range(2)}
    for place in places:
        assert place.startswith("/_mock/")
        assert len(re.findall(r"\?token=[\w-]{20,}$", place)) == tokens
    assert len(places) == 1 + tokens


def test_the_token_of_the_ready_line_opens_the_page() -> None:
    with mocking("--address", "http://localhost:1") as near, mocking("--host", "0.0.0.0") as far:
        assert near["page"] == "http://localhost:1/_mock/"
        url = far["page"].replace("0.0.0.0", "127.0.0.1")
        assert requests.get(url.partition("?")[0], timeout=20).status_code == 403
        with requests.Session() as browser:
            answer = browser.get(url, timeout=20)
            assert (answer.status_code, answer.url) == (200, url.partition("?")[0])


def test_by_tls_the_cookie_of_the_page_goes_over_nothing_else() -> None:
    with mocking("--tls", "--host", "0.0.0.0") as ready:
        url = ready["page"].replace("0.0.0.0", "127.0.0.1")
        answer = requests.get(url, timeout=20, verify=ready["ca"], allow_redirects=False)
    assert answer.headers["Set-Cookie"].endswith("; SameSite=Strict; Secure")
