"""Each page shows what its source has, and is refused where there is nothing to show."""

from __future__ import annotations

import html
import re

from smsbridge.http.exchange import Request, Response
from smsbridge.page.pages import PAGES, answer_page, is_page
from smsbridge.page.source import FIRST_SHOWN, MOST_SHOWN, Mount, Wanted

from support.each import each
from support.page_source import MESSAGE, REQUEST, SCENARIO, STATE, GivenSource

MOUNT = Mount(base="/here", fixed={"lane": "a"}, lane="a")


def get(path: str, source: GivenSource | None = None, method: str = "GET") -> Response:
    """Return the answer at a path with its query."""
    request = Request(method=method, url=f"http://localhost/here/{path}")
    return answer_page(request, path.partition("?")[0], source or GivenSource(), MOUNT)


def text(answer: Response) -> str:
    """Return what a page shows, without its tags."""
    words = re.sub(r"<[^>]*>", " ", answer.body.decode())
    return " ".join(html.unescape(words).split())


def live(answer: Response) -> str:
    """Return the part of a page that is put in place anew."""
    found = answer.body.decode().partition('id="live"')[2]
    depth = 1
    for one in re.finditer("<(/?)div", found):
        depth += -1 if one[1] else 1
        if not depth:
            return found[: one.start()]
    raise AssertionError(answer)


@each("path", [path for path in PAGES if path not in ("page/message", "page/request")])
def test_a_page_is_there_and_says_which_one_it_is(path: str) -> None:
    answer = get(path)
    assert answer.status == 200
    assert answer.body.count(b'aria-current="page"') == 1
    assert is_page(path)


@each("path", [*PAGES, "page/none", "?text=("])
def test_every_link_and_form_of_a_page_stays_in_its_lane(path: str) -> None:
    body = get(path, GivenSource(names=("", "a"))).body.decode()
    for link in re.findall(r'(?:href|src|hx-get|sse-connect)="([^"#]+)"', body):
        assert link.startswith("/here/"), link
        assert "lane=a" in link, link
    for method, action, rest in re.findall(
        r'<form[^>]*method="(\w+)" action="([^"]+)"[^>]*>(.*?)</form>', body, re.DOTALL
    ):
        assert action.startswith("/here/")
        assert "lane=a" in action if method == "post" else 'name="lane"' in rest


def test_a_message_of_the_list_is_shown_with_what_it_takes() -> None:
    one = MESSAGE | {"sender": "Acme", "forcing": ["😀"], "encoding": "ucs-2", "segments": 2}
    shown = text(get("", GivenSource([one])))
    assert "To +12025550123 09:30:00 Your code is 482913 sent sms over rest from Acme" in shown
    assert "2 segments, UCS-2, for 😀 Copy 482913" in shown


def test_what_is_asked_for_is_what_the_source_is_asked() -> None:
    source = GivenSource()
    get("?recipient=+%2B1&text=a&channel=sms&outcome=unknown&last=7&other=1", source)
    want = Wanted(recipient="+1", text="a", channel="sms", outcome="unknown", last=7)
    assert source.wanted == [want]


@each(
    ("word", "last"),
    [("", FIRST_SHOWN), ("x", FIRST_SHOWN), ("-1", FIRST_SHOWN), ("9999", MOST_SHOWN)],
)
def test_so_many_are_shown_at_once(word: str, last: int) -> None:
    source = GivenSource()
    get(f"?last={word}", source)
    assert source.wanted[0].last == last


def test_a_full_list_has_a_link_to_more() -> None:
    many = [MESSAGE | {"id": f"m-{number}"} for number in range(FIRST_SHOWN)]
    assert b"last=100&amp;text=a" in get("?text=a", GivenSource(many)).body
    asked = [REQUEST | {"id": str(number)} for number in range(MOST_SHOWN)]
    assert b"last=1000" in get("page/requests?last=990", GivenSource(asked=asked)).body
    assert b"Show more" not in get("page/requests?last=1000", GivenSource(asked=asked)).body


@each("path", ["", "page/requests"])
def test_an_empty_page_has_the_lines_that_fill_it(path: str) -> None:
    assert "curl <here>" in text(get(path, GivenSource([], [])))
    assert "curl <here>" not in text(get(path))


def test_an_empty_page_says_so_where_no_request_is_a_message() -> None:
    source = GivenSource([], [], examples_make_messages=False)
    assert "each call is under Requests alone" in text(get("", source))
    assert "each call" not in text(get("page/requests", source))


def test_a_filter_that_nothing_fits_is_no_empty_page() -> None:
    shown = text(get("?text=b", GivenSource([])))
    assert "No message fits." in shown
    assert "curl <here>" not in shown


def test_a_filter_that_is_none_says_why() -> None:
    answer = get("?text=(")
    assert (answer.status, "text is no expression" in text(answer)) == (400, True)


def test_a_message_is_shown_with_its_request_and_what_followed() -> None:
    reports = [{"status": "undelivered", "at": "2027-01-31T09:31:00Z", "webhook": True}]
    one = MESSAGE | {"reports": reports, "replies": [{"text": "Stop"}], "outcome": "unknown"}
    asked = REQUEST | {
        "notes": ["a field that is given twice"],
        "fault": "silence",
        "status": None,
        "answer": "",
        "fields": [{"field": "to", "value": "1", "means": {"recipient": "+1"}}],
    }
    shown = text(get("page/message?id=m-1", GivenSource([one], [asked])))
    assert "undelivered at 09:31:00 , by webhook" in shown
    assert "Reply: Stop" in shown
    assert "it met silence , so no answer came" in shown
    assert "a field that is given twice" in shown
    assert "to 1 recipient +1" in shown
    assert "id: x" in shown
    assert "the answer" not in shown


def test_what_may_have_the_focus_keeps_it_by_its_id_when_it_is_put_in_place_anew() -> None:
    interaction = {"id": "i", "from": [], "to": "", "played": 0, "times": 0}
    source = GivenSource(
        [MESSAGE] * FIRST_SHOWN, played=SCENARIO | {"interactions": [interaction], "unplayed": []}
    )
    empty = GivenSource([], [], examples_make_messages=False)
    for path in ("", "page/message?id=m-1", "page/requests", "page/scenario", "page/verify"):
        for one in (source, empty) if "id=" not in path else (source,):
            for tag in re.findall(
                r"<(?:a|button|summary|[^>]* tabindex)\b[^>]*>", live(get(path, one))
            ):
                assert " id=" in tag, (path, tag)


@each("path", ["page/message?id=m-1", "page/scenario"])
def test_a_webhook_can_be_set_where_there_is_one(path: str) -> None:
    assert "has no" not in text(get(path))
    source = GivenSource(now=STATE | {"has_webhooks": False})
    assert "acme has no" in text(get(path, source))
    assert "webhook-title" not in get("page/message?id=m-1", source).body.decode()
    assert "Set the webhook" not in text(get(path, source))


def test_a_message_is_shown_without_a_request_that_is_kept_no_more() -> None:
    answer = get("page/message?id=m-1", GivenSource(asked=[]))
    assert (answer.status, "It is kept no more" in text(answer)) == (200, True)


def test_a_refused_request_has_its_reason_and_its_nearest_misses() -> None:
    nearest = [{"interaction": "send", "differs": "its route is POST /send"}]
    one = REQUEST | {"refused": "POST /sned matches nothing", "nearest": nearest, "message": ""}
    source = GivenSource(asked=[one])
    assert "Refused: POST /sned matches nothing" in text(get("page/requests", source))
    shown = text(get("page/request?id=1", source))
    assert "send : its route is POST /send" in shown


@each(
    ("path", "status"),
    [
        ("page/message", 404),
        ("page/message?id=none", 404),
        ("page/request?id=none", 404),
        ("page/none", 404),
        ("page/static/none.js", 404),
        ("page/static/", 404),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(path: str, status: int) -> None:
    answer = get(path)
    assert answer.status == status
    assert "That can't be done" in text(answer)


def test_a_page_is_only_to_look_at() -> None:
    assert get("", method="POST").status == 405
    assert get("", method="HEAD").status == 200


def test_a_file_is_given_as_it_is() -> None:
    assert get("page/static/style.css?v=1").header("content-type").startswith("text/css")
