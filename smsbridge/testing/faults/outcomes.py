"""What a fault of the other side is: where it happens, and what a send must end in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from smsbridge.errors import Reason


class Place(StrEnum):
    """Where a fault happens."""

    ADDRESS = "address"  # there is nobody to speak to
    REQUEST = "request"  # while a request comes in: the provider never has it whole
    WIRE = "wire"  # on the connection, once the request was read
    ANSWER = "answer"  # an answer of HTTP
    TOKEN = "token"  # noqa: S105  (a word): the token call
    WSDL = "wsdl"  # the fetching of the WSDL


class Outcome(StrEnum):
    """How a send ends; ``BY_BYTES``: a part that left is not sent, all that left is unknown."""

    ACCEPTED = "accepted"
    NOT_SENT = "not sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    BY_BYTES = "by the bytes that left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What a send must end in.

    ``retry``: of what was not sent. ``wait``: the least and the most of its ``retry_after``, in
    seconds. ``reason``: of a rejection. ``says``: what the error must tell.
    """

    outcome: Outcome
    retry: bool = True
    wait: tuple[float, float] | None = None
    reason: Reason | None = None
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the table. ``ways``: the kinds in which it comes, the first unless one is named."""

    number: str
    name: str
    what: str
    place: Place
    ways: Mapping[str, Ends]
    also: str = ""
    protocols: tuple[str, ...] = ("rest", "soap", "oauth")

    @property
    def answers(self) -> bool:
        """Whether it can be done once a request was read, in place of its answer."""
        return self.place in {Place.WIRE, Place.ANSWER}
