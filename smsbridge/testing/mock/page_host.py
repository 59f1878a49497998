"""The page of a mock: which requests are for it, and what it shows of which lane."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.codecs.answer_format import parse_json
from smsbridge.http.exchange import Request, Response
from smsbridge.page.access import Access
from smsbridge.page.pages import Ask, answer_page, is_page, refuse_page
from smsbridge.page.source import Example, Mount
from smsbridge.page.static_files import answer_file
from smsbridge.serving.call import read_call, serve_wsdl
from smsbridge.testing.mock.control import URLS, answer_control, foreign
from smsbridge.testing.mock.control_form import is_form, read_form
from smsbridge.testing.mock.first_message import first_message
from smsbridge.testing.mock.lane_source import LaneSource
from smsbridge.testing.mock.lanes import CONTROL, MOST_LANES, is_control

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsbridge.testing.mock.provider import Provider

_FOUND, _SEE_OTHER, _FAILED = 302, 303, 400
_LOOKS = ("GET", "HEAD")
_PAGE, _IMAGE = "text/html", "image/"
_ICON = "icon.svg"
_BESIDE = {"/": _PAGE, "/favicon.ico": _IMAGE}
"""What a browser asks for beside the page, and what it then says that it takes."""


class PageHost:
    """Shows a page of each lane of a mock, below ``/_mock/``."""

    def __init__(self, token: str = "", *, secure: bool = False) -> None:
        """``token``: what a browser has to show once, if anything; ``secure``: it goes by TLS."""
        self._token = token
        self._secure = secure
        self._lock = threading.Lock()
        self._examples: dict[tuple[str, str], Sequence[Example]] = {}

    def answer(self, lane: Provider, request: Request) -> Response | None:
        """Return the answer to a request of a browser; None to any other."""
        if not is_control(request.path):
            return _answer_beside(lane, request)
        path = request.path.removeprefix(CONTROL).removeprefix("/")
        if request.path != CONTROL and not is_page(path) and not is_form(request):
            return None
        access = Access(
            foreign=lambda one: foreign(one, lane.hosts), token=self._token, secure=self._secure
        )
        if refused := access.check(request):
            return refused
        ask = self._ask(lane, request)
        if request.path == CONTROL:
            return _go(ask.mount.url(), _FOUND)
        if is_form(request):
            return self._do(lane, request, ask)
        return _for_method(request, answer_page(request, path, ask.source, ask.mount))

    def _ask(self, lane: Provider, request: Request) -> Ask:
        named = lane.lane if not request.prefix else ""
        mount = Mount(
            base=request.prefix + CONTROL,
            lane=lane.lane,
            fixed={"lane": named} if named else {},
        )
        source = LaneSource(lane, lambda: self._first_message(lane))
        return Ask(source=source, mount=mount)

    def _do(self, lane: Provider, request: Request, ask: Ask) -> Response:
        """Do what a form asks a control URL for, and go back to the page that has the form."""
        url = URLS.get(("POST", request.path.removeprefix(CONTROL)))
        asked = read_form(request, url.keys if url else ())
        told = answer_control(lane, asked)
        if told is None or told.status >= _FAILED:
            why = parse_json(told.body)["message"] if told else "there is no such control URL"
            return refuse_page(ask, told.status if told else 404, why, _page_of(request))
        return _go(_page_of(request) or ask.mount.url(), _SEE_OTHER)

    def _first_message(self, lane: Provider) -> Sequence[Example]:
        """Return the lines for a lane, which are tried once."""
        key = lane.lane, lane.address
        with self._lock:
            if key not in self._examples:
                if len(self._examples) > MOST_LANES:
                    self._examples.clear()
                self._examples[key] = first_message(lane)
            return self._examples[key]


def _answer_beside(lane: Provider, request: Request) -> Response | None:
    """Return the answer to what browsers ask beside the page, if what is played has nothing there.

    ``/`` leads to the page. The icon is asked for with every document, also with one of control.
    """
    kind = _BESIDE.get(request.path)
    wanted = kind and kind in request.header("accept").lower()
    if not wanted or request.query or request.method not in _LOOKS:
        return None
    if foreign(request, lane.hosts) or has_answer(lane, request):
        return None
    if kind == _PAGE:
        return _go(f"{request.prefix}{CONTROL}/", _FOUND)
    icon = answer_file(_ICON)
    return icon and _for_method(request, icon)


def has_answer(lane: Provider, request: Request) -> bool:
    """Return whether what is played has anything at a request, without playing it."""
    request = replace(request, method="GET")
    with lane.lock:
        if serve_wsdl(lane.protocols, request, lane.address):
            return True
        tokens = lane.scenario.tokens
        call = read_call(lane.backend, lane.protocols, request, tokens, lambda _: None)
        if call is not None:
            return True
        misses = {name for name, _ in lane.scenario.misses(request, call)}
        asked = (one for one in lane.fixture.interactions if one.request or one.call)
        return any(one.id not in misses for one in asked)


def _page_of(request: Request) -> str:
    """Return the page that a form was on, without its host; empty if it wasn't one of ours."""
    try:
        parts = urlsplit(request.header("referer"))
    except ValueError:
        return ""
    base = f"{request.prefix}{CONTROL}/"
    if not parts.path.startswith(base):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _go(where: str, status: int) -> Response:
    return Response(status=status, headers={"Location": where, "Cache-Control": "no-store"})


def _for_method(request: Request, answer: Response) -> Response:
    if request.method != "HEAD":
        return answer
    size = {"Content-Length": str(len(answer.body))}
    return replace(answer, headers={**answer.headers, **size}, body=b"")
