"""The pages: each is a function of what was asked, and of what its source shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from smsbridge.errors import Outcome
from smsbridge.http.exchange import Request, Response
from smsbridge.message import Channel
from smsbridge.page.render import render_page
from smsbridge.page.source import FIRST_SHOWN, MOST_SHOWN, CannotShow, Mount, PageSource, Wanted
from smsbridge.page.static_files import answer_file

_BAD, _NOT_FOUND, _BAD_METHOD = 400, 404, 405
_NUMBER = re.compile("[0-9]{1,4}")
_STATIC = "page/static/"
_FILTERS = ("recipient", "text", "channel", "outcome")
_PARAMETERS = (*_FILTERS, "id", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a browser asks for: a page, by its path and its query, that stands somewhere."""

    source: PageSource
    mount: Mount
    path: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """How many rows are shown."""
        word = self.parameters.get("last", "")
        return min(int(word), MOST_SHOWN) if _NUMBER.fullmatch(word) else FIRST_SHOWN

    def more(self, shown: int) -> int:
        """Return how many rows a link to more shows; 0 where there are no more."""
        is_full = shown >= self.last < MOST_SHOWN
        return min(self.last + FIRST_SHOWN, MOST_SHOWN) if is_full else 0

    def word(self, name: str) -> str:
        """Return a parameter; empty if it is absent."""
        return self.parameters.get(name, "").strip()

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page; each has the values that its frame needs."""
        frame = {
            "name": self.source.name(),
            "lane": self.mount.lane,
            "lanes": self.source.lanes(),
            "mount": self.mount,
            "url": self.mount.url,
            "here": self.mount.url(self.path, **self.parameters),
            "place": self.path,
        }
        return render_page(template, frame | values, status)


def messages(ask: Ask) -> Response:
    """Return the messages, the newest first."""
    recipient, text, channel, outcome = (ask.word(name) for name in _FILTERS)
    wanted = Wanted(recipient=recipient, text=text, channel=channel, outcome=outcome, last=ask.last)
    why = ""
    try:
        found = ask.source.messages(wanted)
    except CannotShow as error:
        found, why = [], error.why
    is_first = not found and not wanted.filters
    return ask.render(
        "messages.html",
        _BAD if why else 200,
        messages=found,
        wanted=wanted,
        why=why,
        more=ask.more(len(found)),
        examples=ask.source.examples() if is_first else (),
        channels=list(Channel),
        outcomes=(Outcome.ACCEPTED, Outcome.UNKNOWN),
    )


def message(ask: Ask) -> Response:
    """Return one message, with the request that it came with."""
    found = ask.source.message(ask.parameters.get("id", ""))
    try:
        request = ask.source.request(found["request"])
    except CannotShow:  # it is kept no more
        request = None
    state = ask.source.state()
    return ask.render("message.html", message=found, request=request, state=state)


def requests(ask: Ask) -> Response:
    """Return all that came in, the newest first."""
    found = ask.source.requests(ask.last)
    examples = () if found["requests"] else ask.source.examples()
    more = ask.more(len(found["requests"]))
    return ask.render("requests.html", found=found, more=more, examples=examples)


def request(ask: Ask) -> Response:
    """Return one request, with what became of it."""
    found = ask.source.request(ask.parameters.get("id", ""))
    return ask.render("request.html", request=found)


def scenario(ask: Ask) -> Response:
    """Return what is played, with what can be changed."""
    return ask.render("scenario.html", scenario=ask.source.scenario(), state=ask.source.state())


def verify(ask: Ask) -> Response:
    """Return the verdict."""
    return ask.render("verify.html", verdict=ask.source.verdict())


PAGES: Mapping[str, Callable[[Ask], Response]] = {
    "": messages,
    "page/message": message,
    "page/requests": requests,
    "page/request": request,
    "page/scenario": scenario,
    "page/verify": verify,
}
"""The pages, by their paths below the one at which they are mounted."""


def is_page(path: str) -> bool:
    """Return whether a path, below the one of the mount, is a page's or one of its files'."""
    return path in PAGES or path.startswith("page/")


def answer_page(request: Request, path: str, source: PageSource, mount: Mount) -> Response:
    """Return the page at a path, which is `is_page`."""
    parameters = {name: word for name, word in parse_qsl(request.query) if name in _PARAMETERS}
    ask = Ask(source=source, mount=mount, path=path, parameters=parameters)
    if request.method not in ("GET", "HEAD"):
        return refuse_page(ask, _BAD_METHOD, "this page is only to look at")
    if path.startswith(_STATIC) and (file := answer_file(path.removeprefix(_STATIC))):
        return file
    if path not in PAGES:
        return refuse_page(ask, _NOT_FOUND, "there is no such page")
    try:
        return PAGES[path](ask)
    except CannotShow as error:
        return refuse_page(ask, error.status, error.why)


def refuse_page(ask: Ask, status: int, why: str, back: str = "") -> Response:
    """Return a page that says why something can't be shown, or can't be done.

    ``back``: the page that asked for it, if any.
    """
    return ask.render("refused.html", status, why=why, back=back)
