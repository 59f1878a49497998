"""What the control URLs change in a lane while it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from smsbridge.errors import ConfigError
from smsbridge.http.address import check_address
from smsbridge.http.exchange import Session
from smsbridge.message import Status
from smsbridge.testing.faults.table import Place
from smsbridge.testing.faults.table import fault as find_fault
from smsbridge.testing.fixture.load import load, parse, shipped
from smsbridge.testing.fixture.schema import BadFixture
from smsbridge.testing.mock.clock import MOST_SECONDS
from smsbridge.testing.mock.control_input import Asked, BadAsk, NoSuch
from smsbridge.testing.mock.webhooks import WebhookTarget
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.testing.fixture.load import Fixture
    from smsbridge.testing.mock.provider import Provider

MOST_DELAY = 60_000
"""How many milliseconds an answer may be kept back."""

_MOST_TIMES = 1_000_000
_OK = {"status": "ok"}
_FIXTURE = "in the body"
_RECEIVED = "give an object with sender, text and optionally device, each a text without NUL"


def scenario(provider: Provider, asked: Asked) -> Any:
    """Begin a scenario: one that ships, by its id, a fixture, or with null the default."""
    if "play" not in asked.given:
        raise BadAsk("play: give the id of a scenario, a fixture, or null for the default")
    fixture = _fixture(asked.given["play"])
    provider.play(fixture)
    provider.changes.add("scenario", scenario=provider.fixture.id)
    return {**_OK, "scenario": provider.fixture.id}


def _fixture(given: object) -> Fixture | None:
    """Return a fixture by its id, as its YAML, or as the same in JSON; no file is read for it."""
    if given is None:
        return None
    try:
        if isinstance(given, dict):
            return parse(json.dumps(given, ensure_ascii=False, indent=1), _FIXTURE)
        if isinstance(given, str) and ("\n" in given or ":" in given):  # an id has neither
            return parse(given, _FIXTURE)
        if isinstance(given, str) and given in shipped():
            return load(given)
    except BadFixture as error:
        raise BadAsk(f"play: {error}") from None
    if isinstance(given, str):
        raise NoSuch(f"play: no scenario that ships has that id; {nearest(given, shipped())}")
    raise BadAsk("play: give the id of a scenario, a fixture, or null for the default")


def fault(provider: Provider, asked: Asked) -> Any:
    """Begin a fault, for some calls or some seconds; with null, end it."""
    if "name" not in asked.given:
        raise BadAsk("name: give the word of a fault, or null to end it")
    name = asked.given["name"]
    times = asked.number("times", _MOST_TIMES) if "times" in asked.given else None
    seconds = asked.number("seconds", MOST_SECONDS) if "seconds" in asked.given else None
    if times is not None and (not isinstance(times, int) or times < 1):
        raise BadAsk("times: give a whole number from 1")
    if name is not None and not isinstance(name, str):
        raise BadAsk("name: give the word of a fault, or null to end it")
    with provider.lock:
        if name is None:
            provider.fault = None
        else:
            provider.begin_fault(_word(name), times, seconds)
        provider.changes.add("fault", fault=provider.fault)
        return {**_OK, "fault": provider.fault}


def _word(name: str) -> str:
    try:
        found = find_fault(name)
    except ConfigError as error:
        raise BadAsk(f"name: {error}") from None
    if found.entry.place is Place.ADDRESS:
        raise BadAsk(f"name: {found.name} is of an address: start a mock with --fault {found.name}")
    return found.word


def clock(provider: Provider, asked: Asked) -> Any:
    """Set the clock of the lane forward."""
    seconds = asked.number("advance", MOST_SECONDS)
    with provider.lock:
        if provider.clock.ahead + seconds > MOST_SECONDS:
            raise BadAsk(f"advance: a clock is at most {MOST_SECONDS} seconds ahead: reset it")
        provider.advance(seconds)
        provider.changes.add("clock", ahead=provider.clock.ahead)
        return {**_OK, "ahead": provider.clock.ahead}


def delay(provider: Provider, asked: Asked) -> Any:
    """Keep each answer of the lane back for some milliseconds."""
    provider.delay = asked.number("ms", MOST_DELAY) / 1000
    provider.changes.add("delay", ms=asked.given["ms"])
    return {**_OK, "ms": asked.given["ms"]}


def report(provider: Provider, asked: Asked) -> Any:
    """Report a status of a message that was accepted, by webhook too if there is one for it."""
    word = asked.text("status")
    if word not in list(Status):
        raise BadAsk(f"status: give one of {', '.join(Status)}")
    known = asked.text("id")
    with provider.lock:
        found = [one for one in provider.messages if one.id == known and one.log]
        if not found or found[-1].log is None:
            raise NoSuch("id: no message of this lane has it; GET /_mock/messages has the ids")
        told = provider.tell(found[-1].log, found[-1].channels, Status(word))
    return {**_OK, "webhook": told}


def receive(provider: Provider, asked: Asked) -> Any:
    """Make a message come in."""
    try:
        names = ("sender", "text", "device", "recipient")
        sender, text, device, recipient = map(asked.text, names)
    except BadAsk:
        raise BadAsk(_RECEIVED) from None
    if not sender or not text:
        raise BadAsk(_RECEIVED)
    provider.receive(sender, text, device, recipient)
    return _OK


def webhook(provider: Provider, asked: Asked) -> Any:
    """Send the webhooks of the lane to a URL, signed with a secret if one is given; or nowhere."""
    if "url" not in asked.given:
        raise BadAsk("url: give where the webhooks go, or null for nowhere")
    unsigned = asked.given.get("unsigned", False)
    tables = provider.backend.webhooks
    if asked.given["url"] is None:
        provider.webhooks = None
        provider.changes.add("webhook", url=None)
        return {**_OK, "url": None}
    url, secret = asked.text("url"), asked.text("secret")
    if not tables:
        raise BadAsk(f"url: {provider.backend.name} has no webhooks")
    if not isinstance(unsigned, bool) or (unsigned and secret):
        raise BadAsk("unsigned: give true or false; true without a secret")
    try:
        check_address("url", url)
    except ConfigError as error:
        raise BadAsk(str(error)) from None
    secrets = [Secret(secret)] if secret else []
    provider.webhooks = WebhookTarget(
        tables=tables,
        url=url,
        session=Session(),
        secrets=secrets,
        credentials=provider.backend.credentials(),
        signed=not unsigned,
    )
    provider.posts_webhooks = True
    provider.changes.add("webhook", url=url)
    return {**_OK, "url": url}


def reset(provider: Provider, _asked: Asked) -> Any:
    """Forget everything; the scenario begins again."""
    provider.reset()
    return _OK
