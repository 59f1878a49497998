"""One command, an old script, and a browser: the whole story of somebody who never saw smsbridge.

With ``PICTURES`` set to a folder it takes the pictures of the docs: ``make pictures``.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.browser import Visitor, follow, told_types
from support.commands import SMSBRIDGE, killed_when_late
from support.fault_server import FaultServer
from support.tools import need

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("nowhere")]

SCRIPT = """<?php
// sends an SMS; written in 2014
function send_sms($url, $to, $text) {
    $call = curl_init($url . '/sendsms/');
    curl_setopt($call, CURLOPT_POST, 1);
    curl_setopt($call, CURLOPT_RETURNTRANSFER, 1);
    curl_setopt($call, CURLOPT_TIMEOUT, 10);
    curl_setopt($call, CURLOPT_POSTFIELDS,
        'apikey=test-key&recipients=' . urlencode($to) . '&message=' . urlencode($text));
    $answer = curl_exec($call);
    return $answer === false ? 'FAILED: ' . curl_error($call) : $answer;
}
echo send_sms($argv[1], $argv[2], $argv[3]), "\\n";
"""
TEXT = "Your code is 482913\nIt ends in ten minutes ⏳"
PICTURES = os.environ.get("PICTURES", "") and str(Path(os.environ["PICTURES"]).resolve())
COPIED_NEXT = """async (before) => {
    let text = before;
    while (text === before) {
        await new Promise(requestAnimationFrame);
        text = await navigator.clipboard.readText();
    }
    return text;
}"""
"""Returns what is in the clipboard once something else is in it than before."""
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 780}


@pytest.fixture
def ready() -> Iterator[dict[str, Any]]:
    """Run the command, and return its ready line."""
    command = [SMSBRIDGE, "mock", "--port", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as running,
        killed_when_late(running),
    ):
        assert running.stdout
        yield json.loads(running.stdout.readline())
        running.terminate()


def picture(page: Any, name: str) -> None:
    """Take a picture for the docs, if that is what the test is run for."""
    if PICTURES:
        page.mouse.move(0, 0)
        page.screenshot(path=f"{PICTURES}/page-{name}.png", animations="disabled")


def test_an_old_script_sends_and_its_owner_sees_breaks_answers_and_keeps_it(  # noqa: PLR0915  (a whole story)
    browser: Any, ready: dict[str, Any], application: FaultServer, tmp_path: Path
) -> None:
    php = need("php", "php-cli php-curl")
    (tmp_path / "sms.php").write_text(SCRIPT, encoding="utf-8")

    def run(text: str, to: str = "+12025550123") -> str:
        command = [php, str(tmp_path / "sms.php"), ready["address"], to, text]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=30, check=True
        )
        return done.stdout.strip()

    may = ["clipboard-read", "clipboard-write"]
    visitor = Visitor(browser, ready["address"], permissions=may, viewport=WIDE)
    page = visitor.page
    page.goto(ready["page"])
    assert page.get_by_role("heading", name="No message yet").is_visible()
    page.locator("#pulse", has_text="Live").wait_for()

    said = json.loads(run(TEXT))  # the script, as it is
    follow(page.get_by_role("link", name="+12025550123"))
    assert page.locator(".bubble").inner_text() == TEXT
    facts = page.locator("dl").inner_text()
    assert "1 segment, UCS-2" in facts
    assert "U+23F3 HOURGLASS" in facts
    wire = page.locator("#wire").inner_text()
    assert wire.startswith("POST /sendsms/")
    assert wire.endswith("message=Your+code+is+482913%0AIt+ends+in+ten+minutes+%E2%8F%B3")
    assert "test-key" not in wire
    assert said["result"]["id"] in page.locator("#answer").inner_text()
    page.get_by_role("button", name="Copy 482913").click()
    page.locator("#pulse", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "482913"

    page.get_by_role("button", name="Copy as a fixture").click()  # to be played again
    fixture = page.evaluate(COPIED_NEXT, "482913")

    follow(page.get_by_role("link", name="Scenario"))  # a fault
    page.get_by_label("URL of the application").fill(application.url)
    follow(page.get_by_role("button", name="Set the webhook"))
    page.get_by_label("Fault", exact=True).select_option("reset-after-request")
    page.get_by_label("for so many calls").fill("1")
    follow(page.get_by_role("button", name="Begin the fault"))
    assert run("Your table is booked").startswith("FAILED")
    follow(page.get_by_role("link", name="Messages"))
    follow(page.get_by_role("link", name="+12025550123").first)
    assert page.get_by_text("it met reset-after-request, so no answer came").is_visible()

    page.get_by_label("Reply as").fill("Thank you, we are four")  # a reply
    follow(page.get_by_role("button", name="Send the reply"))
    follow(page.get_by_role("button", name="Report failed"))
    wanted = {"sms.received", "sms.failed"}
    assert wanted <= told_types(application, wanted)
    assert page.locator(".bubble.reply").inner_text().endswith("we are four")
    picture(page, "message")

    visitor.open("page/scenario")  # the conversation, played to the script
    page.get_by_text("A fixture of your own").click()
    page.get_by_label("Fixture, as YAML").fill(fixture)
    follow(page.get_by_role("button", name="Play this fixture"))
    assert json.loads(run(TEXT)) == said
    follow(page.get_by_role("link", name="Verify"))
    assert page.get_by_text("passed", exact=True).is_visible()
    visitor.close()
    assert visitor.errors == []


TEXTS = (
    ("+447700900123", "שלום, החבילה שלך כאן"),
    ("+12025550142", "Your table is booked for Friday at eight 🎉\nReply STOP to end"),
    ("+447700900456", "Order 4711 has left our house"),
    ("+12025550123", "Your code is 482913\nIt ends in ten minutes ⏳"),
)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("messages", {"viewport": WIDE, "color_scheme": "light"}),
        ("messages-dark", {"viewport": WIDE, "color_scheme": "dark"}),
        ("messages-phone", {"viewport": PHONE, "color_scheme": "light"}),
    ],
)
def test_the_page_is_as_the_docs_show_it(
    browser: Any, ready: dict[str, Any], name: str, options: dict[str, Any]
) -> None:
    import requests

    url = f"{ready['address']}/sendsms/"
    for number, text in TEXTS:
        form = {"apikey": "test-key", "recipients": number, "message": text}
        requests.post(url, data=form, timeout=10)
    visitor = Visitor(browser, ready["address"], **options)
    page = visitor.open()
    page.get_by_text("delivered").nth(len(TEXTS) - 1).wait_for()
    assert page.locator(".bubble").all_inner_texts() == [text for _, text in reversed(TEXTS)]
    picture(page, name)
    if name == "messages":
        picture(visitor.open("page/scenario"), "scenario")
        requests.post(url, data={**form, "apikey": "old-key"}, timeout=10)
        requests.get(f"{ready['address']}/sendsm/", timeout=10)
        picture(visitor.open("page/requests"), "requests")
    visitor.close()
