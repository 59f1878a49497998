"""A browser as a person has it: Debian's chromium, which Playwright drives."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from smsbridge.testing import MockServer, Provider
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.page_host import PageHost

from support.fault_server import FaultServer
from support.tools import need, need_module

LIVE = "Live"
ELSEWHERE = "sms-mock"
"""A name that leads here, but that a browser does not trust as it trusts the loopback."""

SECONDS = 10_000
"""How many milliseconds Playwright waits for what has to come."""


class Visitor:
    """A browser with one page, at a mock; ``errors`` are those of its console."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.address = address
        self._error = need_module("playwright.sync_api", "playwright").Error
        self.context = browser.new_context(base_url=address, **options)
        self.context.set_default_timeout(SECONDS)
        self.errors: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Any:
        page = self.context.new_page()
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)

    def close(self) -> None:
        """Close its pages, once each has left where it was and where it was on its way to.

        Chromium never says that a page is closed if that is asked while a navigation is committed.
        """
        for page in self.context.pages:
            for _ in range(5):
                with suppress(self._error):  # another navigation came between
                    page.goto("about:blank")
                    break
        self.context.close()

    def open(self, path: str = "", *, is_live: bool = True) -> Any:
        """Open a page below ``/_mock/``, and wait until it is live."""
        self.page.goto(f"/_mock/{path}")
        if is_live:
            self.page.wait_for_function(
                "word => document.getElementById('pulse').textContent == word", arg=LIVE
            )
        return self.page


def follow(place: Any) -> None:
    """Click what leads to another page, and wait until that has loaded."""
    with place.page.expect_navigation():
        place.click()


@contextmanager
def started_browser() -> Iterator[Any]:
    """Start chromium; it is stopped at the end."""
    chromium = need("chromium", "chromium")
    playwright = need_module("playwright.sync_api", "playwright")
    with playwright.sync_playwright() as play:
        named = f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", named])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served_mock(token: str = "") -> Iterator[Provider]:
    """Serve a mock of SMSMobileAPI with its page."""
    provider = Provider(sample_backend())
    provider.lanes.page = PageHost(token)
    server = MockServer(provider)
    server.start()
    try:
        yield provider
    finally:
        server.stop()


def curl(*arguments: str) -> str:
    """Run curl, and return what it prints."""
    done = subprocess.run(
        [need("curl", "curl"), "--silent", "--show-error", "--max-time", "20", *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=True,
    )
    return done.stdout


def told_types(application: FaultServer, wanted: set[str]) -> set[str]:
    """Return the types of the webhooks that an application got, once those wanted have come."""
    until = time.monotonic() + 20
    while True:
        found = {json.loads(one.body).get("type") for one in application.sends}
        if wanted <= found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def send(address: str, text: str, recipient: str = "+12025550123", key: str = "test-key") -> str:
    """Send a message by curl, as a script in any language does."""
    body = f"apikey={quote(key)}&recipients={quote(recipient)}&message={quote(text)}"
    return curl("--data", body, f"{address}/sendsms/")
