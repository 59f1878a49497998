"""The clause about secrets: each stands in its place of a request, and nowhere else."""

from __future__ import annotations

import logging
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from hashlib import new
from io import StringIO
from itertools import product
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import UsernameToken
from smsbridge.client.sync import Client
from smsbridge.http.exchange import Request
from smsbridge.mapping.path import steps
from smsbridge.mapping.template import names
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.clauses_outcomes import faults_of_sends, one_answer
from smsbridge.testing.contract.conversation import Conversation, converse
from smsbridge.testing.contract.request_places import RequestPlace, places
from smsbridge.testing.contract.ruling import Finding
from smsbridge.text.masking import finder

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

Find = Callable[[str], list[str]]
_OF_A_TOKEN = ("Username", "Password", "Nonce")
_HASHES = ("md5", "sha1", "sha256")
_STATUSES = (200, 400, 401, 403, 404, 429, 500, 503)


@clause(13, "no secret appears outside its place, in anything that is said, logged or shown")
def check_secrets(subject: Subject) -> Iterator[Finding]:
    """Yield where a canary was found that must not be there."""
    message = subject.message
    values = subject.canaries | {"the recipient": message.recipient, "the text": message.text}
    secrets = subject.canaries | dict(_hashes(subject.canaries))
    find, find_secret = finder(values | secrets), finder(secrets)
    for name, play in _plays(subject):
        with _collect_logs() as said, _collect_prints() as printed:
            talk = play()
        issued = talk.provider.scenario.all_tokens()
        find_token = finder({f"token {number}": one for number, one in enumerate(issued, 1)})
        yield from _judge_wire(subject, name, talk, _either(find_secret, find_token))
        for what, shown in _texts_of(talk, said, printed):
            for found in _either(find, find_token)(shown):
                yield f"{name}: {what} shows {found}"
    for what, shown in (
        ("the repr of the backend", repr(subject.backend)),
        ("the repr of the client", repr(Client(subject.backend))),
    ):
        yield from (f"{what} shows {found}" for found in find_secret(shown))


def _either(one: Find, other: Find) -> Find:
    return lambda text: one(text) + other(text)


def _hashes(canaries: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the hashes of each secret that a table can make, each with a name."""
    for (name, value), way in product(canaries.items(), _HASHES):
        yield f"the {way} of {name}", new(way, value.encode(), usedforsecurity=False).hexdigest()


def _plays(subject: Subject) -> Iterator[tuple[str, Callable[[], Conversation]]]:
    """Yield conversations, each with a name: good ones, each fault, answers that repeat all."""
    for operation in subject.table.operations():
        asked = subject.do(operation)
        yield operation, partial(converse, subject, asked)
        echo = _echo(subject)
        for status in _STATUSES if operation == "send" else _STATUSES[:2]:
            for kind in ("json", "text"):
                body = {"error": echo, "message": echo} if kind == "json" else echo
                fixture = one_answer(operation, status=status, **{kind: body})
                yield (
                    f"{operation}, HTTP {status} that repeats everything",
                    partial(converse, subject, asked, fixture=fixture),
                )
    faults = faults_of_sends(subject) if subject.table.send else ()
    for word in dict.fromkeys(met.name for met in faults):
        yield f"fault {word}", partial(converse, subject, subject.message, fault=word)


def _echo(subject: Subject) -> str:
    """Return what a provider says that repeats all that it was told."""
    message = subject.message
    return " ".join((*subject.canaries.values(), message.recipient, message.text))


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.getMessage()} {vars(record)!r}")


@contextmanager
def _collect_logs() -> Iterator[list[str]]:
    """Keep all that is logged at any level, and warned of, in the block."""
    keeper, root, ours = _Keeper(), logging.getLogger(), logging.getLogger("smsbridge")
    before = root.level, ours.level, ours.propagate
    for logger in (root, ours):
        logger.addHandler(keeper)
        logger.setLevel(logging.DEBUG)  # an application may want all that there is
    ours.propagate = False
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield keeper.said
        keeper.said += [str(one.message) for one in warned]
    finally:
        root.setLevel(before[0])
        ours.setLevel(before[1])
        ours.propagate = before[2]
        for logger in (root, ours):
            logger.removeHandler(keeper)


@contextmanager
def _collect_prints() -> Iterator[StringIO]:
    """Keep all that is printed in the block."""
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        yield printed


def _texts_of(talk: Conversation, said: list[str], printed: StringIO) -> Iterator[tuple[str, str]]:
    """Yield what a person or a log may see of a conversation, each with a name."""
    end = talk.end
    yield "a log", "\n".join(said)
    yield "what is printed", printed.getvalue()
    yield "the repr of what came", repr(end)
    if isinstance(end, Exception):
        yield "the error", str(end)
        yield "the traceback", "".join(traceback.format_exception(end))
    yield "the exchange", "\n".join(map(str, getattr(end, "exchange", ())))


def _judge_wire(subject: Subject, name: str, talk: Conversation, find: Find) -> Iterator[str]:
    """Yield the places of the requests that hold a secret, and aren't its own."""
    for request in talk.requests:
        for place in places(request):
            for found in find(place.value):
                if not _is_own(subject, request, place):
                    yield f"{name}: {place} of a request has {found}"


def _is_own(subject: Subject, request: Request, place: RequestPlace) -> bool:
    """Return whether a place of a request is one where a table puts credentials."""
    auth: Any = subject.table.auth
    if request.share is not None:  # a login: its whole body is about credentials
        return place.part == "body" or place.name == "authorization"
    if place.part == "header":
        return place.name in _headers(subject)
    if isinstance(auth, UsernameToken) and place.name in _OF_A_TOKEN:
        return True
    return place.part != "address" and (place.part == "path" or place.name in _fields(subject))


def _headers(subject: Subject) -> set[str]:
    auth: Any = subject.table.auth
    tables = subject.table.operations().values()
    secret = subject.backend.credentials().keys()
    own = {*getattr(auth, "headers", {})} | {
        name
        for table in tables
        for name, template in table.headers.items()
        if set(names(template)) & {*secret, "token"}
    }
    return {name.lower() for name in own} | ({"authorization"} if auth.scheme else set())


def _fields(subject: Subject) -> set[str]:
    """Return the last names of the paths at which credentials are."""
    known = {*subject.backend.credentials(), "token"}
    paths = set(subject.table.auth.fields(subject.backend.credentials()))
    for table in subject.table.operations().values():
        places = {p: t for p, t in table.places().items() if not p.startswith("{")}  # of no route
        paths |= {p for p, template in places.items() if set(names(template)) & known}
    last = ([one for one in steps(path, form=True) if isinstance(one, str)][-1] for path in paths)
    return {name.rpartition("}")[2] for name in last}
