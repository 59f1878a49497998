"""The lanes of a mock: one for each test suite that shares it, none of which sees another.

A request's lane is that of its credential, ``test-key-NAME`` or ``test-client-NAME``, or else of
its path, which then begins with ``/lane-NAME/``. Without either it is the first lane's.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from smsbridge.codecs.rest import parse_form
from smsbridge.codecs.soap.xml import REQUEST
from smsbridge.http.decompress import BadEncoding, inflate
from smsbridge.serving.call import credentials_in
from smsbridge.testing.mock.default import API_KEY, CLIENT_ID
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request
    from smsbridge.testing.faults.table import Fault
    from smsbridge.testing.mock.page_host import PageHost
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.verdict import Verdict

MOST_LANES = 200
"""How many lanes there may be beside the first; the one that was not used longest is dropped."""

MOST_WAITING = 64
"""How many requests may wait at a mock, for a message or for events."""

LONGEST_NAME = 64
NAME_RULE = f"a lane's name has 1 to {LONGEST_NAME} visible characters, without a slash or a blank"

CONTROL = "/_mock"
_MOST_TOKENS = 10_000
_PREFIX = re.compile(r"(/lane-([^/]+))(/.*)", re.DOTALL)
_IN_BYTES = re.compile(
    rf"(?:{API_KEY}|{CLIENT_ID})-([A-Za-z0-9._~-]{{1,{LONGEST_NAME}}})(?![A-Za-z0-9._~-])".encode()
)


class BadLane(ValueError):
    """A name that no lane can have."""


@dataclass(frozen=True, slots=True)
class Route:
    """Whom a request is for: a lane, without the prefix of its path, by which credentials."""

    provider: Provider
    request: Request
    account: Backend

    @property
    def is_control(self) -> bool:
        """Whether it is a test's, beside its calls."""
        return is_control(self.request.path)


def is_control(path: str) -> bool:
    """Return whether a path is a test's, beside its calls."""
    return f"{path}/".startswith(f"{CONTROL}/")


def is_lane_name(name: str) -> bool:
    """Return whether a lane may have that name."""
    visible = name.isprintable() and not any(map(str.isspace, name)) and "/" not in name
    return visible and 0 < len(name) <= LONGEST_NAME


class Lanes:
    """Finds the lane of a request, and makes a lane as soon as it is named."""

    def __init__(self, first: Provider, make: Callable[[str, Backend], Provider]) -> None:
        """``make`` returns a new lane by its name and its backend.

        ``end_idle``, which a host sets, closes the connections that clients keep. ``page``: what
        shows the lanes to people, if anything.
        """
        self._first = first
        self.backend = first.backend
        self._make = make
        self._lock = threading.Lock()
        self._others: OrderedDict[str, Provider] = OrderedDict()
        self._tokens: OrderedDict[str, str] = OrderedDict()
        self._ended: list[Verdict] = []
        self._over = False
        self.seats = threading.BoundedSemaphore(MOST_WAITING)
        self.dropped = 0
        self.end_idle: Callable[[], None] = lambda: None
        self.page: PageHost | None = None

    @property
    def address(self) -> str:
        """The base URL of the mock."""
        return self._first.address

    def verdicts(self) -> list[Verdict]:
        """Return the verdicts on all lanes; of those beside the first where something was asked."""
        others = (one for lane in self.all()[1:] for one in lane.verdicts())
        return [
            *self._first.verdicts(),
            *self._ended,
            *(one for one in others if one.requests or not one.passed),
        ]

    def all(self) -> list[Provider]:
        """Return every lane, the first one first, the one that was used last at the end."""
        with self._lock:
            return [self._first, *self._others.values()]

    def lane(self, name: str) -> Provider:
        """Return a lane by its name, the first by an empty one; raises `BadLane`."""
        if not name:
            return self._first
        if not is_lane_name(name):
            raise BadLane(NAME_RULE)
        dropped = None
        with self._lock:
            if name not in self._others:
                self._others[name] = self._make(name, lane_backend(self.backend, name))
                if self._over:
                    self._others[name].changes.close()
                if len(self._others) > MOST_LANES:
                    dropped = self._others.popitem(last=False)[1]
            self._others.move_to_end(name)
            found = self._others[name]
        if dropped:  # not with the lock: whoever uses that lane may wait for it
            self._drop(dropped)
        return found

    def _drop(self, lane: Provider) -> None:
        lane.changes.close()
        self.dropped += 1
        self._ended += [one for one in lane.verdicts() if one.found_anything]

    def route(self, request: Request) -> Route:
        """Return whom a request is for; raises `BadLane` where control names none."""
        path = urlsplit(request.url)
        prefixed = _PREFIX.fullmatch(path.path)
        if prefixed and is_control(prefixed[3]):
            asked = parse_form(request.query).get("lane")
            if asked not in (None, unquote(prefixed[2])) or not is_lane_name(unquote(prefixed[2])):
                raise BadLane(f"its path and its query name one lane; {NAME_RULE}")
        if prefixed and is_lane_name(unquote(prefixed[2])):
            lane = self.lane(unquote(prefixed[2]))
            url = path._replace(path=prefixed[3]).geturl()
            request = replace(request, url=url, prefix=prefixed[1])
            named = self._lane_in(request)[1]
            account = self.backend if named == "" else lane.backend
            return Route(lane, request, account)
        if is_control(request.path):
            lane = self.lane(parse_form(request.query).get("lane", ""))
        else:
            lane = self.lane(self._lane_in(request)[0])
        return Route(lane, request, lane.backend)

    def early(self, head: Request, peek: Callable[[], bytes]) -> Fault | None:
        """Return the fault that a request meets after only its head was read.

        ``peek`` returns what has come of its body: there the lane may be named.
        """
        if not any(lane.may_break_early for lane in self.all()):
            return None
        try:
            route = self.route(replace(head, body=b""))
        except BadLane:
            return None
        lane = route.provider
        if lane is self._first and not route.request.prefix and lane_keys(lane.backend):
            found = _IN_BYTES.search(peek())
            lane = self.lane(found[1].decode()) if found else lane
        return lane.early(route.request)

    def learn(self, lane: Provider) -> None:
        """Remember the last token that a lane issued: a request that carries it is the lane's."""
        token = lane.scenario.minted.get("token")
        if token and lane.lane and token not in self._tokens:
            with self._lock:
                self._tokens[token] = lane.lane
                if len(self._tokens) > _MOST_TOKENS:
                    self._tokens.popitem(last=False)

    def clear(self) -> None:
        """Drop every lane but the first."""
        with self._lock:
            dropped, self._others = self._others, OrderedDict()
            self._tokens.clear()
        for lane in dropped.values():
            lane.changes.close()

    def open(self) -> None:
        """Let requests wait, for a message or for events."""
        self._over = False
        for lane in self.all():
            lane.changes.open()

    def close(self) -> None:
        """End all waiting."""
        self._over = True
        for lane in self.all():
            lane.changes.close()

    def _lane_in(self, request: Request) -> tuple[str, str | None]:
        """Return the lane that the credentials of a request name, and again if they are ours.

        Both are empty for the first lane's own; the second is None where there are none of ours.
        """
        keys = lane_keys(self.backend)
        if not keys or is_control(request.path):
            return "", None
        bearer = request.header("authorization").removeprefix("Bearer ").strip()
        if bearer in self._tokens:
            return self._tokens[bearer], self._tokens[bearer]
        given: Mapping[str, str] | None = None
        with suppress(BadEncoding):
            body = inflate(request.body, request.header("content-encoding"), REQUEST.size)
            if body is not request.body:
                request = replace(request, body=body)
            given = credentials_in(self._first.protocols, request, tuple(keys))
        if given is None:  # it will be refused, but in its own lane
            found = _IN_BYTES.search(request.url.encode(errors="replace") + b"\n" + request.body)
            return (found[1].decode(), found[1].decode()) if found else ("", None)
        for key, base in keys.items():
            word = given.get(key, "")
            if word == base:
                return "", ""
            name = word.removeprefix(f"{base}-")
            if name != word and is_lane_name(name):
                return name, name
        return "", None


def lane_keys(backend: Backend) -> Mapping[str, str]:
    """Return the config keys whose credential names a lane, each with that of the first lane."""
    credentials = backend.credentials()
    return {key: word for key, word in credentials.items() if word in (API_KEY, CLIENT_ID)}


def lane_backend(backend: Backend, name: str) -> Backend:
    """Return a backend with the credentials of a lane, where they name one."""
    changed: dict[str, Any] = {}
    for key, word in lane_keys(backend).items():
        own = f"{word}-{name}"
        changed[key] = Secret(own) if isinstance(getattr(backend, key), Secret) else own
    return replace(backend, **changed) if changed else backend
