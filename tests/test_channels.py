"""What 39 channels of a public project send is read by tables in TOML: a request or more of each.

``tests/data/channels`` has a file for each: its tables, and requests with what they tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.backends.base import Backend
from smsbridge.config.load import from_mapping
from smsbridge.errors import WebhookUnreadable
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.contract.subject import Subject
from smsbridge.text.toml import read_toml
from smsbridge.webhooks import Event, MessageReceived, MessageReported, Receiver, parse

from support.contracts import ruling
from support.each import each
from support.terminal import DOCS

FOLDER = Path(__file__).parent / "data" / "channels"
NAMES = sorted(file.stem for file in FOLDER.glob("*.toml"))
PEER, ORIGIN = "127.0.0.1", "https://app.example"
SEND = {"route": "POST /", "fields": {"to": "{recipient}", "text": "{text}"}}
CONTENT = {
    "body": "application/x-www-form-urlencoded",
    "json": "application/json",
    "xml": "text/xml",
}


@cache
def channel(name: str) -> tuple[Backend, list[Mapping[str, Any]]]:
    """Return a backend with the tables of a channel, and its requests."""
    file = read_toml((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert file["source"].startswith("nyaruka/courier v26.3.38")
    accepted = {"when": {"id": "*"}, "id": "id"}
    block = {"backend": "rest", "url": "https://provider.example", **file["block"]}
    return from_mapping({**block, "send": {**SEND, "accepted": accepted}}), file["requests"]


def request_of(one: Mapping[str, Any]) -> Request:
    method, _, url = one["send"].partition(" ")
    kind = next((kind for kind in CONTENT if kind in one), "")
    headers = {"Content-Type": CONTENT[kind]} if kind else {}
    return Request(
        method=method,
        url=url,
        headers={**headers, **one.get("headers", {})},
        body=one.get(kind, "").encode(),
    )


def told(event: Event) -> dict[str, Any]:
    """Return what an event says, as the files have it."""
    said: dict[str, Any] = {"kind": "other"}
    if isinstance(event, MessageReceived | MessageReported):
        received = isinstance(event, MessageReceived)
        said = {"kind": "arrived" if received else "reported", "channel": str(event.channel)}
        names = ("id", "sender", "recipient", "text", "reference", "status", "error")
        said |= {name: getattr(event.message, name, None) for name in names}
        said |= {"at": event.message.at and event.message.at.isoformat()}
    return {name: word for name, word in said.items() if word is not None and word != "sms"}


def receive(name: str, one: Mapping[str, Any]) -> tuple[Response, list[Event]]:
    got: list[Event] = []
    receiver = Receiver(
        channel(name)[0],
        secrets=[one["secret"]] if "secret" in one else [],
        networks=["127.0.0.0/8"],
        public_url=ORIGIN,
    )
    return receiver.answer(request_of(one), got.append, PEER), got


def test_there_is_a_file_for_each_channel_that_is_listed() -> None:
    listed = [one.split("\t") for one in (DOCS / "data/providers.tsv").read_text().splitlines()]
    wanted = {name for name, where in listed if where == "courier"}
    assert wanted - set(NAMES) == set()
    assert len(NAMES) == 39


@each("name", NAMES)
def test_the_requests_of_a_channel_tell_what_their_provider_means(name: str) -> None:
    for one in channel(name)[1]:
        answer, events = receive(name, one)
        wanted = [one[key] for key in ("expect", "second") if key in one]
        assert answer.status == 200, (name, one)
        assert [told(event) for event in events] == wanted
        if "answer" in one:
            assert re.fullmatch(one["answer"], answer.body.decode()), answer.body


@each("name", NAMES)
def test_the_tables_of_a_channel_keep_the_contract_of_webhooks(name: str) -> None:
    assert ruling(14, Subject(channel(name)[0], [])).findings == ()


@pytest.mark.parametrize("name", ["novo", "twiml"])
def test_a_request_that_is_signed_is_refused_with_another_signature(name: str) -> None:
    one = channel(name)[1][0]
    forged = {header: f"x{word[1:]}" for header, word in one["headers"].items()}
    answer, events = receive(name, {**one, "headers": forged})
    assert (answer.status, events) == (401, [])


WORDS = st.sampled_from(
    ["from", "text", "status", "id", "MessageStatus", "results", "message", "<"]
)
TREES = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
)
FORMS = st.dictionaries(WORDS, st.text()).map(lambda pairs: urlencode(pairs, errors="replace"))
BODIES = st.binary() | (st.text() | FORMS | TREES.map(json.dumps)).map(
    lambda text: text.encode(errors="surrogatepass")
)


@given(
    name=st.sampled_from(NAMES),
    body=BODIES,
    query=st.text(),
    method=st.sampled_from(["GET", "POST"]),
)
def test_any_request_is_refused_or_told_and_nothing_else(
    name: str, body: bytes, query: str, method: str
) -> None:
    backend = channel(name)[0]
    headers = {"X-Twilio-Signature": "x" * 28, "Authorization": "sesame"}
    request = Request(method=method, url=f"/hook?{query}", headers=headers, body=body)
    try:
        parse(backend.webhooks, request)
    except WebhookUnreadable as refused:
        assert refused.status in (400, 405)  # noqa: PT017  (either is right)
    secrets = ["another"] if name == "novo" else []
    receiver = Receiver(backend, secrets=secrets, networks=["127.0.0.0/8"], public_url=ORIGIN)
    answer = receiver.answer(request, lambda _: None, PEER)
    assert answer.status in (200, 400, 401, 405)
    if any(table.signed for table in backend.webhooks):
        assert answer.status in (401, 405)
