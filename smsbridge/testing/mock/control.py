"""The control URLs of the mock provider, under ``/_mock/``: what a test asks beside its calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from smsbridge.codecs.answer_format import parse_json
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.serving.foreign import find_foreign
from smsbridge.serving.rest import json_response
from smsbridge.testing.mock import control_answers, control_changes
from smsbridge.testing.mock.control_input import Asked, BadAsk, NoSuch
from smsbridge.testing.mock.lanes import CONTROL, is_control
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

_BAD_METHOD = 405
_OTHER_HOST = "its Host is not the mock's: ask at localhost, or start the mock with --address"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlURL:
    """What one control URL takes: ``parameters`` of its query, ``keys`` of its JSON object.

    ``takes``: the same for readers.
    """

    answer: Callable[[Provider, Asked], Any]
    parameters: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    takes: str = "give no body"


_ONE = "/requests/ID"

URLS: Mapping[tuple[str, str], ControlURL] = {
    ("GET", "/messages"): ControlURL(
        answer=control_answers.messages,
        parameters=("recipient", "text", "channel", "outcome", "after", "last", "wait"),
    ),
    ("GET", "/received"): ControlURL(answer=control_answers.received),
    ("GET", "/requests"): ControlURL(answer=control_answers.requests, parameters=("after", "last")),
    ("GET", _ONE): ControlURL(answer=control_answers.one_request),
    ("GET", "/lanes"): ControlURL(answer=control_answers.lanes),
    ("GET", "/scenario"): ControlURL(answer=control_answers.scenario),
    ("GET", "/playable"): ControlURL(answer=control_answers.playable),
    ("GET", "/notes"): ControlURL(answer=control_answers.notes),
    ("GET", "/verify"): ControlURL(answer=control_answers.verify),
    ("GET", "/health"): ControlURL(answer=control_answers.health),
    ("GET", "/events"): ControlURL(answer=control_answers.events, parameters=("after",)),
    ("POST", "/scenario"): ControlURL(
        answer=control_changes.scenario,
        keys=("play",),
        takes="give an object with play: the id of a scenario, a fixture, or null",
    ),
    ("POST", "/fault"): ControlURL(
        answer=control_changes.fault,
        keys=("name", "times", "seconds"),
        takes="give an object with name, and optionally times and seconds",
    ),
    ("POST", "/clock"): ControlURL(
        answer=control_changes.clock,
        keys=("advance",),
        takes="give an object with advance: a number of seconds",
    ),
    ("POST", "/delay"): ControlURL(
        answer=control_changes.delay,
        keys=("ms",),
        takes="give an object with ms: a number of milliseconds",
    ),
    ("POST", "/report"): ControlURL(
        answer=control_changes.report,
        keys=("id", "status"),
        takes="give an object with id and status",
    ),
    ("POST", "/receive"): ControlURL(
        answer=control_changes.receive,
        keys=("sender", "text", "device", "recipient"),
        takes="give an object with sender, text and optionally device and recipient, each a text",
    ),
    ("POST", "/webhook"): ControlURL(
        answer=control_changes.webhook,
        keys=("url", "secret", "unsigned"),
        takes="give an object with url, and optionally secret and unsigned",
    ),
    ("POST", "/reset"): ControlURL(answer=control_changes.reset),
}
"""The control URLs, by method and path below ``/_mock``. Each takes ``lane`` in its query too."""


def answer_control(provider: Provider, request: Request) -> Response | None:
    """Return the answer to a request of a test to a lane; None to any other."""
    if not is_control(request.path):
        return None
    if why := foreign(request, provider.hosts):
        return json_response(403, {"error": 403, "message": why})
    path = request.path.removeprefix(CONTROL)
    known = path.removeprefix("/requests/") if path.startswith("/requests/") else ""
    method = "GET" if request.method == "HEAD" else request.method
    name = _ONE if known else path
    url = URLS.get((method, name))
    try:
        answer = url.answer(provider, _read(url, request, known)) if url else _no_url(name)
    except BadAsk as error:
        answer = json_response(error.status, {"error": error.status, "message": str(error)})
    told = answer if isinstance(answer, Response) else json_response(200, answer)
    if request.method == "HEAD":
        size = {"Content-Length": str(len(told.body))}
        return replace(told, headers={**told.headers, **size}, body=b"")
    return told


def _no_url(name: str) -> Response:
    """Return the answer at a path that has no URL, or none of the method; raises `NoSuch`."""
    methods = [method for method, path in URLS if path == name]
    if not methods:
        raise NoSuch(
            f"there is no {CONTROL}{name:.40}; {nearest(name, {path for _, path in URLS})}"
        )
    allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])
    why = {"error": _BAD_METHOD, "message": f"{CONTROL}{name} takes {allowed}"}
    return json_response(_BAD_METHOD, why, {"Allow": allowed})


def _read(url: ControlURL, request: Request, known: str) -> Asked:
    """Return what a request gives; raises `BadAsk` for what the URL doesn't take."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    parameters = dict(pairs)
    allowed = (*url.parameters, "lane")
    for name in parameters:
        if name not in allowed:
            raise BadAsk(f"it has no parameter {name!r:.40}; it has {', '.join(allowed)}")
    if len(pairs) > len(parameters):
        raise BadAsk("a parameter is given twice")
    given: Mapping[str, Any] = {}
    if request.method == "POST" and (url.keys or request.body):
        try:
            given = parse_json(request.body, mend=False)
        except Unreadable as error:
            raise BadAsk(f"{error}: {url.takes}") from None
    for name in given:
        if name not in url.keys:
            raise BadAsk(f"{name!r:.40} is not a key: {url.takes}")
    return Asked(
        parameters=parameters, given=given, known=known, last=request.header("last-event-id")
    )


def foreign(request: Request, hosts: Collection[str]) -> str:
    """Return why a request may come from a web page rather than a test; empty if it doesn't.

    ``hosts``: the mock's own.
    """
    return find_foreign(request, hosts, _OTHER_HOST)
