"""Whatever a public method is given, what it can't use is a `CallerError`, before any I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from smsbridge import CallerError, Client, Message, NotSent, OutcomeUnknown, Status, Submission
from smsbridge.errors import SmsbridgeError

from support.asking import NOTHING, NUMBER, TEXT, Gate, Make, Wire, attempt, page, submission
from support.each import each

NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001  (that is what is odd)
ODD: dict[str, Any] = {
    "None": None,
    "bytes": b"x",
    "a huge number": 10**5000,
    "a number below 0": -1,
    "no number": float("nan"),
    "no end": float("inf"),
    "a boolean": True,
    "no text": "",
    "a blank": " ",
    "a NUL": "\0",
    "half a character": "\ud800",
    "a long text": "x" * 100_000,
    "half a pattern": "[",
    "a pattern of bytes": re.compile(b"x"),
    "a list": [],
    "a table": {},
    "a set": set(),
    "an object": object(),
    "a time without a zone": NAIVE,
    "the last time": datetime.max.replace(tzinfo=UTC),
    "the first time": datetime.min.replace(tzinfo=UTC),
    "a day": date(2030, 1, 1),
    "a length of time": timedelta(1),
    "a class": Message,
    "a status": Status.SENT,
    "an attempt without a zone": attempt(started=NAIVE),
    "an error without a zone": NotSent("w", attempt(started=NAIVE)),
    "an unknown outcome": OutcomeUnknown("w", attempt()),
    "a submission without an id": submission(None),
    "a submission without an attempt": Submission(id="m-1", attempt=None),  # type: ignore[arg-type]  # that is what is odd
}
WELL: dict[str, dict[str, Any]] = {
    "send": {"message": NUMBER, "text": TEXT},
    "send_many": {"messages": [], "concurrency": 1},
    "resend": {"submission": "m-1"},
    "status": {"submission": "m-1"},
    "wait": {"submission": "m-1", "timeout": 0},
    "sent": dict.fromkeys(("id", "after", "before", "recipient", "keyword", "failed")),
    "received": dict.fromkeys(("after", "before", "device", "unread")),
    "wait_received": {**dict.fromkeys(("sender", "match", "after")), "timeout": 0},
    "delete": dict.fromkeys(("submission", "day", "first", "last")),
    "resolve": {"unknown": attempt(), "known": (), "others": ()},
    "resolve_many": {"unknowns": [attempt()], "known": (), "others": ()},
}
FIELDS = ("channels", "send_at", "reference", "sender", "options")
PLACES = [(name, one) for name, given in WELL.items() for one in given]
PLACES += [("send", one) for one in FIELDS]


def test_every_method_with_arguments_is_here() -> None:
    named = {name for name in vars(Client) if not name.startswith("_")}
    assert named - {"close"} == WELL.keys()


def ended(client: Any, name: str, given: dict[str, Any]) -> SmsbridgeError | None:
    """Return the error of ours that a call ends in; any other is raised."""
    try:
        result = getattr(client, name)(**given)
        if isinstance(result, Iterator):
            list(islice(result, 3))
    except SmsbridgeError as error:
        return error
    return None


@each(("name", "argument"), PLACES)
def test_an_odd_argument_is_used_or_refused_before_any_io(
    make: Make, name: str, argument: str
) -> None:
    for odd in ODD.values():
        wire = Wire(lambda _: NOTHING)
        error = ended(make(Gate(), wire), name, {**WELL[name], argument: odd})
        assert error is None or str(error)
        assert wire.requests == [] or not isinstance(error, CallerError)


@each("field", ["backend", "protocol", "reference", "started", "fingerprint", "via"])
def test_an_attempt_that_no_send_made_is_refused_before_any_io(make: Make, field: str) -> None:
    for odd in ODD.values():
        wire = Wire(lambda _: page())
        client, made = make(Gate(), wire), replace(attempt(), **{field: odd})
        nameless = Submission(id=None, attempt=made)
        for name, given in (
            ("resolve", {"unknown": made}),
            ("resolve", {"unknown": attempt(), "others": [made]}),
            ("resolve_many", {"unknowns": [made]}),
            ("resolve", {"unknown": attempt(), "known": [nameless]}),
            ("status", {"submission": replace(nameless, id="m-1")}),
        ):
            wire.requests.clear()
            error = ended(client, name, given)
            assert error is None or str(error)
            assert wire.requests == [] or not isinstance(error, CallerError)
            odd_text = field != "started" and not isinstance(odd, str)
            if odd_text and not (field == "fingerprint" and name.startswith("resolve")):
                assert isinstance(error, CallerError)
