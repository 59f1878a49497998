"""What a page shows, and where it stands; whoever hosts a page brings both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

Document = Mapping[str, Any]
"""What a control URL of the host answers, before it is written as JSON."""

MOST_SHOWN = 1000
FIRST_SHOWN = 50


class CannotShow(Exception):
    """Why a source can't show something; ``status`` is that of the answer."""

    def __init__(self, status: int, why: str) -> None:
        """``why`` is for readers."""
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages are shown: the newest ``last`` of those that fit every filter given."""

    recipient: str = ""
    text: str = ""
    channel: str = ""
    outcome: str = ""
    last: int = FIRST_SHOWN

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are given, by name."""
        given = {
            "recipient": self.recipient,
            "text": self.text,
            "channel": self.channel,
            "outcome": self.outcome,
        }
        return {name: word for name, word in given.items() if word}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Lines that make the first message: ``name`` says in which language."""

    name: str
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Where a page stands: the path before all of its URLs, and the lane that is in each query."""

    base: str
    lane: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)

    def url(self, path: str = "", **parameters: str) -> str:
        """Return the URL of a page, or of a control URL of the host."""
        pairs = {**self.fixed, **{name: word for name, word in parameters.items() if word}}
        return f"{self.base}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")


class PageSource(Protocol):
    """Shows what happened at one lane of a host; each method raises `CannotShow`."""

    def name(self) -> str:
        """Return what is shown, such as the name of the backend that is played."""

    def lanes(self) -> Sequence[str]:
        """Return the names of all lanes; the first one's is empty."""

    def messages(self, wanted: Wanted) -> Sequence[Document]:
        """Return the messages that are wanted, the newest first."""

    def message(self, known: str) -> Document:
        """Return one message by its id, with the ``replies`` that came from its recipient."""

    def requests(self, last: int) -> Document:
        """Return the newest requests, the newest first, and how many are kept no more."""

    def request(self, known: str) -> Document:
        """Return one request by its id, with all that is known of it."""

    def scenario(self) -> Document:
        """Return what is played, how far it is, and what else could be played."""

    def state(self) -> Document:
        """Return the faults, the delay, the clock and the webhook of the lane."""

    def verdict(self) -> Document:
        """Return the verdict on the clients of the lane."""

    def examples(self) -> Sequence[Example]:
        """Return the lines that make the first message, in several languages."""
