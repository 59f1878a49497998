"""A source that a page can show without any mock: what it has is what a test gave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smsbridge.page.source import CannotShow, Document, Example, Wanted

AT = "2027-01-31T09:30:00Z"
MESSAGE: dict[str, Any] = {
    "recipient": "+12025550123",
    "text": "Your code is 482913",
    "channels": ["sms"],
    "protocol": "rest",
    "id": "m-1",
    "sender": "",
    "segments": 1,
    "encoding": "gsm-7",
    "forcing": (),
    "outcome": "accepted",
    "status": "sent",
    "at": AT,
    "request": "1",
    "reports": [],
    "replies": [],
}
REQUEST: dict[str, Any] = {
    "id": "1",
    "at": AT,
    "method": "POST",
    "path": "/send",
    "taken_for": "send",
    "protocol": "rest",
    "interaction": "",
    "refused": "",
    "nearest": [],
    "fault": "",
    "status": 200,
    "message": "m-1",
    "notes": [],
    "wire": "POST /send",
    "answer": "200",
    "fields": [],
    "curl": "curl http://sms.example/send",
    "fixture": "id: x",
}
SCENARIO: dict[str, Any] = {
    "scenario": "a/default",
    "title": "What is played",
    "provenance": "ASSUMED",
    "state": "start",
    "interactions": [],
    "unplayed": [],
    "misses": [],
    "playable": {"scenarios": ["a/one"], "faults": {"silence": {"what": "no answer", "kinds": []}}},
}
STATE: dict[str, Any] = {
    "fault": None,
    "delay": 0,
    "ahead": 0.0,
    "webhook": None,
    "has_webhooks": True,
    "messages": 1,
    "requests": 1,
    "refused": 0,
}
VERDICT: dict[str, Any] = {
    "verdict": "passed",
    "requests": 1,
    "messages": 1,
    "scenario": "a/default",
    "quirks": "allow",
    "says": ["verdict on a/default: passed"],
}


@dataclass
class GivenSource:
    """Shows what it was given; ``wanted``: what it was asked for."""

    shown: list[dict[str, Any]] = field(default_factory=lambda: [MESSAGE])
    asked: list[dict[str, Any]] = field(default_factory=lambda: [REQUEST])
    played: Mapping[str, Any] = field(default_factory=lambda: SCENARIO)
    now: Mapping[str, Any] = field(default_factory=lambda: STATE)
    examples_make_messages: bool = True
    wanted: list[Wanted] = field(default_factory=list)
    names: Sequence[str] = ("",)

    def name(self) -> str:
        return "acme"

    def lanes(self) -> Sequence[str]:
        return self.names

    def messages(self, wanted: Wanted) -> Sequence[Document]:
        self.wanted.append(wanted)
        if wanted.text == "(":
            raise CannotShow(400, "text is no expression")
        return self.shown[: wanted.last]

    def message(self, known: str) -> Document:
        return _find(self.shown, known)

    def requests(self, last: int) -> Document:
        return {"requests": self.asked[:last], "dropped": 0}

    def request(self, known: str) -> Document:
        return _find(self.asked, known)

    def scenario(self) -> Document:
        return self.played

    def state(self) -> Document:
        return self.now

    def verdict(self) -> Document:
        return VERDICT

    def examples(self) -> Sequence[Example]:
        makes = self.examples_make_messages
        return [Example(name="curl", lines="curl <here>", makes_message=makes)]


def _find(among: list[dict[str, Any]], known: str) -> Document:
    for one in among:
        if one["id"] == known:
            return one
    raise CannotShow(404, "there is none")
