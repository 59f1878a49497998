"""The faults of the other side, as one table: what happens, and how a send must end.

Fixtures, ``smsbridge mock --fault``, the tests and the docs use these names. `connection` has the
faults of the connection, `responses` the faulty HTTP answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from smsbridge.errors import ConfigError, Outcome, Reason
from smsbridge.http.exchange import Response
from smsbridge.text.suggest import nearest


class Place(StrEnum):
    """Where a fault happens."""

    ADDRESS = "address"  # before there is a connection
    REQUEST = "request"  # while a request comes in: the provider never has it whole
    WIRE = "wire"  # on the connection, once the request was read
    ANSWER = "answer"  # an answer of HTTP
    TOKEN = "token"  # noqa: S105  (a word): the token call
    WSDL = "wsdl"  # the fetching of the WSDL


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a send must end in.

    ``outcome``: None where the bytes that left decide: a part of them is not sent, all are unknown.
    ``retry``: of what was not sent. ``wait``: the least and the most of its ``retry_after``, in
    seconds. ``reason``: of a rejection. ``says``: what the error text must contain.
    """

    outcome: Outcome | None
    retry: bool = True
    wait: tuple[float, float] | None = None
    reason: Reason | None = None
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the table. ``ways``: its kinds; the first is used unless one is named."""

    number: str
    name: str
    what: str
    place: Place
    ways: Mapping[str, Ending]
    also: str = ""
    protocols: tuple[str, ...] = ("rest", "soap", "oauth")

    @property
    def answers(self) -> bool:
        """Whether it can replace the answer to a request that was read."""
        return self.place in {Place.WIRE, Place.ANSWER}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens in place of an answer; ``answer`` is the one that would have come."""

    name: str
    way: str = ""
    answer: Response | None = field(default=None, compare=False, repr=False)

    @property
    def word(self) -> str:
        """The word that selects it: its name, and its kind if it has one."""
        return f"{self.name}:{self.way}" if self.way else self.name

    @property
    def entry(self) -> Entry:
        """Its row of the table."""
        return FAULTS[self.name]

    @property
    def ends(self) -> Ending:
        """What a send must end in."""
        return self.entry.ways[self.way]

    @property
    def taken(self) -> bool:
        """Whether the provider has taken the message anyway."""
        refused = self.ends.outcome in {Outcome.NOT_SENT, Outcome.REJECTED}
        return self.entry.answers and not refused


_ACCEPTED = Ending(outcome=Outcome.ACCEPTED)
_NOT_SENT = Ending(outcome=Outcome.NOT_SENT)
_NEVER = Ending(outcome=Outcome.NOT_SENT, retry=False)
_BY_BYTES = Ending(outcome=None)
_DENIED = Ending(outcome=Outcome.REJECTED, reason=Reason.AUTHENTICATION)
_REFUSED = Ending(outcome=Outcome.REJECTED, reason=Reason.REQUEST)


def _waits(least: float, most: float) -> Ending:
    return Ending(outcome=Outcome.NOT_SENT, wait=(least, most))


def _refusal_for(reason: str) -> Ending:
    return Ending(outcome=Outcome.REJECTED, reason=Reason(reason))


def _each(ends: Ending, *ways: str) -> dict[str, Ending]:
    return dict.fromkeys(ways or ("",), ends)


def _unknown(*ways: str) -> dict[str, Ending]:
    return _each(Ending(outcome=Outcome.UNKNOWN), *ways)


_WAITS = {"seconds": _waits(7, 7), "date": _waits(700, 900), "far": _waits(3600, 3600)}
_REFUSALS = _each(_REFUSED, "400", "404", "422") | {
    "403": _DENIED,
    "413": _refusal_for("content"),
}
_ERRORS = {"known": _refusal_for("account"), "unheard-of": _refusal_for("other")}
_BLAMES = _each(_REFUSED, "client", "version-mismatch", "must-understand")
_TOKEN_REFUSED = _each(_DENIED, "invalid-client", "unauthorized-client")
_TOKEN_DOWN = _each(_NOT_SENT, "500", "429", "html", "empty", "reset", "silence") | {
    "302": _NEVER,
    "503": _waits(7, 7),
}
_ODD_EXPIRY = _each(_ACCEPTED, "missing", "zero", "negative", "word", "huge")
_WSDL_GONE = {"gone": _NOT_SENT, **_each(_NEVER, "page", "changed")}
_HOST = Ending(outcome=Outcome.NOT_SENT, retry=False, says="sms-mock.invalid")
_TLS = Ending(outcome=Outcome.NOT_SENT, retry=False, says="TLS")
_LATE = Ending(outcome=Outcome.UNKNOWN, says="time")
_CUT = Ending(outcome=Outcome.UNKNOWN, says="HTTP 200")

_ROWS: Mapping[Place, tuple[tuple[str, str, str, Mapping[str, Ending]], ...]] = {
    Place.ADDRESS: (
        ("F01", "refused", "nothing is listening", _each(_NOT_SENT)),
        ("F02", "no-such-host", "the name doesn't resolve", _each(_HOST)),
        ("F03", "connect-timeout", "the connection never opens", _each(_NOT_SENT)),
        ("F04", "bad-tls", "unknown issuer, another host, or expired", _each(_TLS)),
    ),
    Place.REQUEST: (
        ("F05", "reset-on-accept", "reset as soon as the connection is there", _each(_BY_BYTES)),
        ("F06", "reset-mid-request", "reset while the request is written", _each(_BY_BYTES)),
        ("F11", "never-reads", "the other side reads nothing", _unknown()),
    ),
    Place.WIRE: (
        ("F07", "reset-after-request", "the request was read, then a reset", _unknown()),
        ("F08", "close-after-request", "the request was read, then closed", _unknown()),
        (
            "F09",
            "stale-connection",
            "a kept connection is closed as it is used again",
            _each(_BY_BYTES),
        ),
        ("F10", "silence", "no answer", _each(_LATE)),
        ("F12", "half-headers", "the answer ends inside its headers", _unknown()),
        ("F13", "half-body", "the answer ends inside its body", _each(_CUT)),
        ("F14", "drip-body", "the body comes one byte every 0.2 seconds", _each(_ACCEPTED)),
        ("F15", "drip-headers", "headers come byte by byte, and never end", _unknown()),
        ("F16", "garbage", "what comes is not HTTP", _unknown()),
        (
            "F19",
            "bad-framing",
            "two different lengths, or a line break inside a header",
            _unknown("lengths", "cr"),
        ),
    ),
    Place.ANSWER: (
        ("F17", "bad-gzip", "the body says gzip, but isn't", _unknown()),
        ("F18", "gzip-bomb", "a small body unpacks to 20 MiB", _unknown()),
        (
            "F20a",
            "redirect-keep",
            "a redirect that keeps a POST",
            _each(_NEVER, "307", "308"),
        ),
        (
            "F20b",
            "redirect-see-other",
            "a redirect that may mean done",
            _unknown("301", "302", "303"),
        ),
        ("F21", "refusals", "a status that refuses", _REFUSALS),
        ("F22", "unauthorized", "401", _each(_DENIED)),
        (
            "F23",
            "try-again",
            "a status that asks to try again",
            _each(_NOT_SENT, "421", "425") | _unknown("408"),
        ),
        ("F24", "too-many", "429, with Retry-After or without", _WAITS | {"none": _NOT_SENT}),
        (
            "F25",
            "unavailable",
            "503, with Retry-After or without",
            _unknown("seconds", "date", "far", "none"),
        ),
        (
            "F26",
            "server-error",
            "the server blames itself",
            _unknown("500", "502", "504"),
        ),
        ("F27", "bad-json", "200; JSON cut off, or of another shape", _unknown("cut", "shape")),
        ("F28", "html", "200, and a page", _unknown()),
        ("F29", "provider-error", "200, and the provider's own error", _ERRORS),
        (
            "F30",
            "bad-soap",
            "cut, a foreign element, an empty Body, a DOCTYPE",
            _unknown("cut", "foreign", "empty", "doctype"),
        ),
        ("F31", "fault-client", "a fault that blames the caller", _BLAMES),
        (
            "F32",
            "fault-server",
            "a fault of the server, or 500 without an envelope",
            _unknown("fault", "bare"),
        ),
        (
            "F38",
            "odd-success",
            "202; the mark of success as text; no id",
            _each(_ACCEPTED, "202", "text", "no-id"),
        ),
        (
            "F39",
            "other-status",
            "any status not named here",
            _unknown("418", "204", "304", "405", "501"),
        ),
    ),
    Place.TOKEN: (
        ("F34", "token-expired", "the first token is refused on the way", _each(_ACCEPTED)),
        ("F35a", "token-refused", "the token call is refused", _TOKEN_REFUSED),
        ("F35b", "token-down", "the token call fails otherwise", _TOKEN_DOWN),
        ("F36", "token-race", "the token call is slow; many wait for it", _each(_ACCEPTED)),
        (
            "F37",
            "odd-expiry",
            "`expires_in` is missing, zero, negative, a word or huge",
            _ODD_EXPIRY,
        ),
    ),
    Place.WSDL: (
        ("F33", "wsdl-gone", "the WSDL of the config's URL is gone, or another", _WSDL_GONE),
    ),
}
_ALSO = {
    "no-such-host": "the error names the host, and nothing else of the URL",
    "bad-tls": "a fault of the config; the mock has an unknown issuer",
    "reset-on-accept": "timing decides; the mock reads only enough to recognise a sending call",
    "never-reads": "what the system took counts as left: part of a message larger than its buffers",
    "stale-connection": "after 3 idle seconds a connection isn't used again; nothing is repeated",
    "silence": "at the deadline",
    "half-body": "the error keeps the status",
    "drip-body": "unknown if it is not whole at the deadline: each read gets the time that remains",
    "drip-headers": "at the deadline",
    "gzip-bomb": "never more than `answer_limit` is decoded",
    "redirect-keep": "never followed: it would take key and text to another address",
    "redirect-see-other": "after a POST it may mean done (RFC 9110 §15.4)",
    "unauthorized": "with a token: renewed once and repeated once, then rejected",
    "too-many": "`Retry-After`, in seconds or as a date, is on the error, at most an hour",
    "unavailable": "unless the backend's table names 503 in `not_sent`, then as F24",
    "try-again": "408 is not sent if less than the whole request had left",
    "server-error": "over SOAP a well-formed fault decides first, see F31",
    "provider-error": "the reason is that of the backend's table; the code is kept",
    "fault-client": "the backend's table may name a reason: a wrong key is authentication",
    "fault-server": "unless the backend's table names that fault",
    "odd-success": "without an id `.id` is None",
    "token-expired": "as F22: one renewal, one repeat",
    "token-refused": "the message never left",
    "token-down": "the message never left; a token that is still valid is still used",
    "token-race": "one token call for all; of many 401s at once, one renewal",
    "odd-expiry": "missing: 300 seconds; else kept within 30 seconds and 24 hours",
    "wsdl-gone": "a locked copy keeps working",
}

_OF_SOAP = {"bad-soap", "fault-client", "fault-server", "wsdl-gone"}


def _protocols(name: str, place: Place) -> tuple[str, ...]:
    if name in _OF_SOAP:
        return ("soap",)
    return ("oauth",) if place is Place.TOKEN else ("rest", "soap", "oauth")


FAULTS: Mapping[str, Entry] = {
    name: Entry(
        number=number,
        name=name,
        what=what,
        place=place,
        ways=ways,
        also=_ALSO.get(name, ""),
        protocols=_protocols(name, place),
    )
    for place, rows in _ROWS.items()
    for number, name, what, ways in rows
}
"""The table, by name."""

WORDS = tuple(
    word
    for name, entry in FAULTS.items()
    for word in (name, *(f"{name}:{way}" for way in entry.ways if way))
)
"""Every word that can be chosen: a name, or a name and one of its kinds, ``refusals:413``."""


STATUSES: Mapping[str, str] = {
    "401": "unauthorized",
    "429": "too-many",
    "503": "unavailable",
    **{
        way: f"{name}:{way}"
        for name, entry in FAULTS.items()
        if entry.place is Place.ANSWER
        for way in entry.ways
        if way.isdigit()
    },
}
"""The word of the fault that answers with an HTTP status."""


def fault(word: str) -> Fault:
    """Return the fault of a word, or of an HTTP status; raises `ConfigError` with the nearest one.

    >>> fault("429").word
    'too-many:seconds'
    """
    if word.isascii() and word.isdigit():
        return _fault_of_status(word)
    name, _, way = word.partition(":")
    if name not in FAULTS:
        raise ConfigError(f"there is no fault {word!r}; {nearest(name, FAULTS)}")
    ways = FAULTS[name].ways
    if word != name and not (way and way in ways):
        raise ConfigError(f"there is no fault {word!r}; {nearest(way, filter(None, ways))}")
    return Fault(name, way or next(iter(ways)))


def _fault_of_status(status: str) -> Fault:
    if status not in STATUSES:
        raise ConfigError(f"no fault answers with HTTP {status}; {nearest(status, STATUSES)}")
    return fault(STATUSES[status])
