"""The page in a real browser: what a person sees and does, while an application sends."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from smsbridge.testing import Provider

from support.browser import ELSEWHERE, Visitor, curl, follow, send, served_mock, told_types
from support.fault_server import FaultServer, answer
from support.tools import need_module

pytestmark = pytest.mark.full

ROWS = ".messages > li"
PAGES = ("", "page/requests", "page/scenario", "page/verify")
HOSTILE = (
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">",
    "{{ 7 * 7 }} {% for %} ${7*7} <!-- --> </textarea></pre>",
    "\u202egnp.exe\u202c \u2066isolate \u061c",
    "BEL \a ESC \x1b[31m",
    "x" * 10_000,
    "שלום עולם 123456",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") * 3,
)


WATCH = """() => {
    const pulse = document.getElementById("pulse");
    window.shown = new Promise((done) => {
        let began;
        new MutationObserver(() => {
            if (pulse.textContent === "Copied") began = performance.now();
            else if (began) done(performance.now() - began);
        }).observe(pulse, { childList: true });
    });
}"""
"""Sets ``shown`` to how many milliseconds the page will say that something is copied."""


@pytest.fixture
def mock() -> Iterator[Provider]:
    with served_mock() as provider:
        yield provider


@pytest.fixture
def visitor(browser: Any, mock: Provider) -> Iterator[Visitor]:
    visitor = Visitor(browser, mock.address)
    yield visitor
    visitor.close()
    assert visitor.errors == []


def rows(page: Any) -> list[str]:
    """Return the texts of the messages that are shown."""
    found: list[str] = page.locator(f"{ROWS} .bubble").all_inner_texts()
    return found


def test_a_message_that_curl_sends_is_on_the_page_within_a_second(
    mock: Provider, visitor: Visitor
) -> None:
    page = visitor.open()
    page.evaluate("document.body.dataset.same = 'yes'")
    took = []
    for text in ("one", "two", "three", "four", "your code is 482913"):
        began = time.monotonic()
        send(mock.address, text)
        page.get_by_text(text, exact=True).wait_for()
        took.append(time.monotonic() - began)
    assert sorted(took)[2] < 1  # a busy machine may be late with one
    assert rows(page)[:2] == ["your code is 482913", "four"]
    assert page.evaluate("document.body.dataset.same") == "yes"


def test_without_its_stream_the_page_asks_every_two_seconds(
    mock: Provider, visitor: Visitor
) -> None:
    visitor.context.route("**/_mock/events*", lambda route: route.fulfill(status=503))
    page = visitor.open(is_live=False)
    send(mock.address, "late")
    page.get_by_text("late", exact=True).wait_for(timeout=5000)
    assert page.locator("#pulse").inner_text() == "Asks every two seconds"
    page.close()
    assert {one for one in visitor.errors if "503" not in one} == set()
    visitor.errors.clear()  # those of the stream, which it tries again and again


def test_a_filter_is_in_the_address_and_stays_while_messages_come(
    mock: Provider, visitor: Visitor
) -> None:
    send(mock.address, "order 1")
    send(mock.address, "order 2", "+447700900123")
    mock.begin_fault("reset-after-request", 1, None)
    with pytest.raises(Exception, match="curl"):
        send(mock.address, "order 3")
    page = visitor.open()
    page.get_by_label("Recipient").fill("+447700900123")
    follow(page.get_by_role("button", name="Filter"))
    assert rows(page) == ["order 2"]
    page.get_by_label("Recipient").fill("")
    page.get_by_label("Text").fill("order [13]")
    follow(page.get_by_role("button", name="Filter"))
    assert rows(page) == ["order 3", "order 1"]
    assert "text=order+%5B13%5D" in page.url
    send(mock.address, "nothing of that")
    send(mock.address, "order 1 again")
    page.get_by_text("order 1 again").wait_for()
    assert rows(page) == ["order 1 again", "order 3", "order 1"]
    page.get_by_label("Outcome").select_option("unknown")
    follow(page.get_by_role("button", name="Filter"))
    assert rows(page) == ["order 3"]
    page.get_by_label("Channel").select_option("whatsapp")
    follow(page.get_by_role("button", name="Filter"))
    assert page.get_by_text("No message fits.").is_visible()
    follow(page.get_by_role("link", name="All messages"))
    assert len(rows(page)) == 5


def test_a_message_that_was_forgotten_is_no_longer_shown(mock: Provider, visitor: Visitor) -> None:
    send(mock.address, "soon forgotten")
    page = visitor.open(f"page/message?id={mock.messages[0].id}")
    mock.reset()
    page.get_by_text("no message of this lane has that id").wait_for()
    assert page.locator(".bubble").count() == 0
    visitor.errors = [one for one in visitor.errors if "404" not in one]  # the status of that page


def test_an_expression_that_is_none_says_why_and_keeps_what_was_typed(visitor: Visitor) -> None:
    page = visitor.open("?text=(")
    assert "text is a regular expression" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Text").input_value() == "("
    visitor.errors = [one for one in visitor.errors if "400" not in one]  # the page's own status


def test_a_report_and_a_reply_reach_the_application(
    mock: Provider, visitor: Visitor, application: FaultServer
) -> None:
    page = visitor.open("page/scenario")
    page.get_by_label("URL of the application").fill(application.url)
    follow(page.get_by_role("button", name="Set the webhook"))
    send(mock.address, "Hello")
    follow(page.get_by_role("link", name="Messages"))
    follow(page.get_by_role("link", name="+12025550123"))
    follow(page.get_by_role("button", name="Report failed"))
    page.get_by_text("undelivered at").wait_for()
    page.get_by_label("Reply as").fill("Stop\nplease")
    follow(page.get_by_role("button", name="Send the reply"))
    page.locator(".bubble.reply").wait_for()
    assert "Stop\nplease" in page.locator(".bubble.reply").inner_text()
    wanted = {"sms.failed", "sms.received"}
    assert wanted <= told_types(application, wanted)


def test_two_lanes_do_not_mix(mock: Provider, visitor: Visitor) -> None:
    page = visitor.open("?lane=a")
    other = visitor.new_page()
    other.goto("/_mock/?lane=b")
    send(mock.address, "for a", key="test-key-a")
    send(mock.address, "for b", key="test-key-b")
    page.get_by_text("for a").wait_for()
    other.get_by_text("for b").wait_for()
    assert (rows(page), rows(other)) == (["for a"], ["for b"])
    page.reload()
    page.get_by_label("Lane").select_option("b")
    follow(page.get_by_role("button", name="Show"))
    assert rows(page) == ["for b"]
    for name in ("Requests", "Scenario", "Verify", "Messages"):
        follow(page.get_by_role("link", name=name, exact=True))
        assert urlsplit(page.url).query == "lane=b"
    follow(page.get_by_role("link", name="+12025550123"))
    follow(page.get_by_role("button", name="Report failed"))
    page.get_by_text("undelivered at").wait_for()
    page.goto("/lane-a/_mock/")
    assert rows(page) == ["for a"]
    follow(page.get_by_role("link", name="+12025550123"))
    assert page.get_by_text("undelivered").count() == 0


def test_no_text_of_others_does_anything_to_the_page(mock: Provider, visitor: Visitor) -> None:
    visitor.page.on("dialog", lambda dialog: visitor.errors.append(dialog.message))
    page = visitor.open()
    for text in HOSTILE:
        send(mock.address, text)
    assert "not valid" in send(mock.address, "NUL \0")
    send(mock.address, "x", recipient="+12025550123<b>x</b>")
    mock.receive("+12025550123", "NUL \0")
    curl("--data", "<script>document.title='taken'</script>", f"{mock.address}/<b>no</b>?<i>=1")
    mock.receive("<b>x</b>", HOSTILE[0])
    page.locator(ROWS).nth(len(HOSTILE) - 1).wait_for()
    shown = rows(page)
    assert HOSTILE[0] in shown
    assert "BEL \u2407 ESC \u241b[31m" in shown
    assert "x" * 10_000 in shown
    for path in PAGES:
        visitor.open(path)
        assert "taken" not in page.title()
        assert page.locator("main :is(script, img, b, i)").count() == 0
    visitor.open()
    links = [one.get_attribute("href") for one in page.locator(f"{ROWS} h2 a").all()]
    for link in links:
        page.goto(link)
        assert "taken" not in page.title()
        assert page.locator("main :is(script, img, b, i)").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_keyboard_reaches_everything_and_keeps_its_place(
    mock: Provider, visitor: Visitor
) -> None:
    send(mock.address, "the first")
    page = visitor.open()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id == 'main'")
    link = f"open-{mock.messages[0].id}"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == link:
            break
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"
    send(mock.address, "the second")
    page.get_by_text("the second", exact=True).wait_for()
    assert page.evaluate("document.activeElement.id") == link
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="To +12025550123").wait_for()


def test_a_code_is_copied(browser: Any, mock: Provider) -> None:
    visitor = Visitor(browser, mock.address, permissions=["clipboard-read", "clipboard-write"])
    send(mock.address, "Your code is 482913, not 12 or 123456789.")
    page = visitor.open()
    page.evaluate(WATCH)
    page.get_by_role("button", name="Copy 482913").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "482913"
    assert page.locator(".messages .copy").count() == 1
    assert page.evaluate("shown") > 1000, "it can be read"
    visitor.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, mock: Provider, scheme: str) -> None:
    axe = need_module("axe_playwright_python.sync_playwright", "axe-playwright-python").Axe()
    visitor = Visitor(browser, mock.address, color_scheme=scheme)
    found = {}

    def look(path: str) -> None:
        page = visitor.open(path)
        results = axe.run(page)
        if results.violations_count:
            found[path] = [
                (one["id"], [node["html"][:200] for node in one["nodes"]])
                for one in results.response["violations"]
            ]

    for path in PAGES:
        look(path)
    send(mock.address, "Hello 😀, your code is 482913", key="test-key-other")
    send(mock.address, "Hello 😀, your code is 482913")
    send(mock.address, "long " * 500)
    send(mock.address, "Hello", key="wrong")
    mock.begin_fault("reset-after-request", 1, None)
    with pytest.raises(Exception, match="curl"):
        send(mock.address, "lost")
    curl(f"{mock.address}/nothing")
    mock.receive("+12025550123", "Hello")
    known = [one.id for one in mock.messages]
    mock.tell(mock.messages[0].log, ["sms"], "undelivered")  # type: ignore[arg-type]  # texts do
    inner = [f"page/message?id={one}" for one in known]
    inner += [f"page/request?id={one.id}" for one in mock.request_log.requests]
    for path in (*PAGES, *inner, "?text=(", "?text=none", "page/none"):
        look(path)
    visitor.close()
    assert found == {}


@pytest.mark.parametrize("width", [360, 1600])
def test_a_page_is_as_wide_as_its_window(browser: Any, mock: Provider, width: int) -> None:
    send(mock.address, "Hello " * 60, key="test-key-" + "n" * 40)
    send(mock.address, "Hello " * 60 + "x" * 500)
    curl(f"{mock.address}/{'nothing' * 60}")
    visitor = Visitor(browser, mock.address, viewport={"width": width, "height": 800})
    inner = [f"page/message?id={mock.messages[0].id}", "page/request?id=1", "page/request?id=2"]
    for path in (*PAGES, *inner):
        page = visitor.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    visitor.close()


def test_each_page_and_each_form_works_without_script(
    browser: Any, mock: Provider, application: FaultServer
) -> None:
    visitor = Visitor(browser, mock.address, java_script_enabled=False)
    page = visitor.open("page/scenario", is_live=False)

    def fill(label: str, value: str, button: str) -> None:
        field = page.get_by_label(label)
        (field.select_option if field.evaluate("e => e.tagName") == "SELECT" else field.fill)(value)
        follow(page.get_by_role("button", name=button))
        assert page.url.endswith("/_mock/page/scenario")

    page.get_by_label("URL of the application").fill(application.url)
    follow(page.get_by_role("button", name="Set the webhook"))
    page.get_by_label("Delay of each answer").fill("5")
    follow(page.get_by_role("button", name="Set the delay"))
    follow(page.get_by_role("button", name="Set the clock forward"))
    page.get_by_label("Fault", exact=True).select_option("too-many:date")
    page.get_by_label("for so many calls").fill("3")
    follow(page.get_by_role("button", name="Begin the fault"))
    facts = page.locator("dl").inner_text()
    assert re.search(r"too-many:date.*5 ms.*60 s ahead", facts, re.DOTALL)
    follow(page.get_by_role("button", name="End the fault"))
    page.get_by_label("Scenario that ships").select_option("smsmobileapi/send/wrong-key-rest")
    follow(page.get_by_role("button", name="Play it"))
    assert page.get_by_role("heading", name="smsmobileapi/send/wrong-key-rest").is_visible()
    follow(page.get_by_role("link", name="Verify"))
    assert page.get_by_text("failed", exact=True).is_visible()
    follow(page.get_by_role("link", name="Scenario"))
    page.get_by_label("Scenario that ships").select_option("")
    follow(page.get_by_role("button", name="Play it"))
    follow(page.get_by_role("button", name="Forget everything"))
    send(mock.address, "Hello")
    follow(page.get_by_role("link", name="Messages"))
    follow(page.get_by_role("link", name="+12025550123"))
    follow(page.get_by_role("button", name="Report delivered"))
    assert page.get_by_text("delivered at").is_visible()
    assert page.locator("button.copy:visible").count() == 0
    visitor.close()


def test_a_page_of_another_origin_reads_nothing_and_changes_nothing(
    browser: Any, mock: Provider
) -> None:
    send(mock.address, "secret of the mock")
    form = (
        f'<form id=f method=post action="{mock.address}/_mock/reset" target=x></form>'
        f'<iframe name=x></iframe><iframe id=y src="{mock.address}/_mock/"></iframe>'
        "<script>document.getElementById('f').submit()</script>"
    )
    evil = answer(200, form, content_type="text/html")
    with FaultServer([evil]) as server:
        visitor = Visitor(browser, server.url.replace("127.0.0.1", "localhost"))
        visitor.page.goto("/")
        visitor.page.wait_for_load_state("networkidle")
        text = visitor.page.evaluate(
            "url => fetch(url, {credentials: 'include'}).then(r => r.text(), e => 'refused')",
            f"{mock.address}/_mock/",
        )
        frames = "".join(frame.content() for frame in visitor.page.frames[1:])
        visitor.close()
    assert text == "refused"
    assert "secret of the mock" not in frames
    assert [one.text for one in mock.messages] == ["secret of the mock"]


def test_fifty_open_pages_are_all_as_new_as_the_mock(mock: Provider, visitor: Visitor) -> None:
    pages = [visitor.open()]
    for _ in range(49):
        page = visitor.new_page()
        page.goto("/_mock/")
        pages.append(page)
    send(mock.address, "for all fifty")
    for page in pages:
        page.get_by_text("for all fifty", exact=True).wait_for()
    assert mock.lanes.seats.acquire(blocking=False)
    mock.lanes.seats.release()


def test_on_a_public_address_a_browser_shows_the_token_once(browser: Any) -> None:
    with served_mock("t-0123456789") as mock:
        mock.address = mock.address.replace("127.0.0.1", ELSEWHERE)
        near = mock.address.replace(ELSEWHERE, "127.0.0.1")
        send(near, "Your code is 482913")
        visitor = Visitor(browser, mock.address)
        assert visitor.page.goto("/_mock/").status == 403
        assert "the token that its host printed" in visitor.page.content()
        visitor.errors.clear()
        page = visitor.open("?token=t-0123456789")
        assert page.url == f"{mock.address}/_mock/"
        assert page.evaluate("isSecureContext") is False
        send(near, "Hello")
        page.get_by_text("Hello", exact=True).wait_for(timeout=1000)
        page.get_by_role("button", name="Copy 482913").click()
        page.get_by_text("Copied").wait_for()
        follow(page.get_by_role("link", name="Scenario"))
        follow(page.get_by_role("button", name="Forget everything"))
        assert mock.messages == []
        (cookie,) = visitor.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert visitor.errors == []
        visitor.close()
