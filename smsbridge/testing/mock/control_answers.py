"""What the control URLs tell of a lane: its messages, its requests, its scenario, its events."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from smsbridge.errors import Outcome
from smsbridge.http.exchange import Response
from smsbridge.mapping.filters import TIME_FILTERS
from smsbridge.message import Channel, Status
from smsbridge.serving.rest import json_response
from smsbridge.testing.faults.table import FAULTS, Place
from smsbridge.testing.fixture.load import shipped
from smsbridge.testing.mock.changes import answer_events
from smsbridge.testing.mock.control_input import Asked, BadAsk, NoSuch, number
from smsbridge.testing.mock.lanes import lane_keys
from smsbridge.testing.mock.masked_request import masked_request
from smsbridge.testing.mock.request_fixture import curl_of, fixture_of
from smsbridge.testing.mock.text_pattern import BadPattern, read_pattern
from smsbridge.testing.mock.wire_text import fields_of, wire_of
from smsbridge.text.segments import segments

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsbridge.testing.mock.provider import AcceptedMessage, Provider
    from smsbridge.testing.mock.request_log import KeptRequest

MOST_WAIT = 60
"""For how many seconds a request may wait for a message."""

_CONFLICT = 409
_MOST_EVENTS = 10**15
_MOST_DIGITS = 15
_ISO = TIME_FILTERS["iso"]


def messages(provider: Provider, asked: Asked) -> Any:
    """Return the messages that fit, oldest first; with ``wait`` as soon as there is one."""
    fits = _filter_of(asked)
    after = asked.parameters.get("after", "")
    seconds = asked.seconds("wait", MOST_WAIT)
    last = int(number("last", _whole(asked.parameters.get("last", "0")), _MOST_EVENTS))
    with provider.lock:
        if after and after not in [one.id for one in provider.messages]:
            raise NoSuch("after: no message of this lane has that id")

    def look() -> list[AcceptedMessage]:
        known = [one.id for one in provider.messages] if after else []
        first = known.index(after) + 1 if after in known else 0
        newest = (one for one in reversed(provider.messages[first:]) if fits(one))
        return list(islice(newest, last or None))[::-1]

    try:
        if not seconds:
            with provider.lock:
                found = look()
        elif not provider.lanes.seats.acquire(blocking=False):
            return _busy()
        else:
            try:
                found = provider.changes.wait(look, seconds)
            finally:
                provider.lanes.seats.release()
    except BadPattern as error:
        raise BadAsk(str(error)) from None
    with provider.lock:
        provider.settle()
        return [message_document(provider, one) for one in found]


def _filter_of(asked: Asked) -> Callable[[AcceptedMessage], bool]:
    recipient = _digits(asked.parameters.get("recipient", ""))
    if "recipient" in asked.parameters and not recipient:
        raise BadAsk("recipient: give a number")
    channel = _word_of(asked, "channel", list(Channel))
    outcome = _word_of(asked, "outcome", list(Outcome))
    try:
        text = read_pattern(asked.parameters.get("text", ""))
    except BadPattern as error:
        raise BadAsk(str(error)) from None

    def fits(message: AcceptedMessage) -> bool:
        return (
            recipient in ("", _digits(message.recipient))
            and (not channel or channel in message.channels)
            and outcome in ("", message.outcome)
            and text.is_in(message.text)
        )

    return fits


def _word_of(asked: Asked, name: str, words: list[str]) -> str:
    word = asked.parameters.get(name, "")
    if name in asked.parameters and word not in words:
        raise BadAsk(f"{name}: give one of {', '.join(words)}")
    return word


def _digits(number: str) -> str:
    return "".join(char for char in number if char in "0123456789")


def message_document(provider: Provider, accepted: AcceptedMessage) -> dict[str, Any]:
    """Return a message as it is told; the lock of the lane is held."""
    size, log = segments(accepted.text), accepted.log
    return {
        "recipient": accepted.recipient,
        "text": accepted.text,
        "channels": accepted.channels,
        "protocol": accepted.protocol,
        "id": accepted.id,
        "sender": accepted.sender,
        "segments": size.count,
        "encoding": size.encoding,
        "forcing": size.forcing,
        "outcome": accepted.outcome,
        "status": (log and log.status_at(provider.clock())) or Status.SENT,
        "at": _ISO(accepted.at) if accepted.at else None,
        "request": accepted.request,
        "reports": [
            {"status": one.status, "at": _ISO(one.at), "webhook": one.webhook}
            for one in (log.told if log else ())
        ],
    }


def received(provider: Provider, _asked: Asked) -> Any:
    """Return the messages that came in, oldest first."""
    with provider.lock:
        return [
            {
                "id": one.id,
                "sender": one.sender,
                "text": one.text,
                "device": one.device,
                "at": _ISO(one.at),
            }
            for one in provider.history.received
        ]


def requests(provider: Provider, asked: Asked) -> Any:
    """Return what came in, oldest first, without credentials."""
    after = number("after", _whole(asked.parameters.get("after", "0")), _MOST_EVENTS)
    last = int(number("last", _whole(asked.parameters.get("last", "0")), _MOST_EVENTS))
    with provider.lock:
        kept = [one for one in provider.request_log.requests if int(one.id) > after][-last:]
        return {
            "requests": [_request(provider, one) for one in kept],
            "dropped": provider.request_log.dropped,
        }


def one_request(provider: Provider, asked: Asked) -> Any:
    """Return one request that came in, also as a curl command and as a fixture."""
    with provider.lock:
        kept = provider.request_log.find(asked.known)
        if kept is None:
            raise NoSuch("no request of this lane has that id, or it is no longer kept")
        secrets = _secrets(provider)
        return {
            **_request(provider, kept),
            **wire_of(kept, provider.backend, secrets),
            "fields": fields_of(kept, provider.backend, secrets),
            "curl": curl_of(kept, provider),
            "fixture": fixture_of(kept, provider),
        }


def _secrets(provider: Provider) -> list[str]:
    return [
        *provider.backend.secrets(),
        *provider.backend.credentials().values(),
        *provider.scenario.all_tokens(),
    ]


def _request(provider: Provider, kept: KeptRequest) -> dict[str, Any]:
    return {
        "id": kept.id,
        "at": _ISO(kept.at),
        **masked_request(kept, provider.backend, _secrets(provider)),
        "taken_for": kept.taken_for,
        "protocol": kept.protocol,
        "interaction": kept.interaction,
        "refused": kept.refused,
        "nearest": [{"interaction": one.interaction, "differs": one.differs} for one in kept.near],
        "fault": kept.fault,
        "status": kept.answer.status if kept.answer else None,
        "message": kept.message,
        "notes": kept.notes,
    }


def lanes(provider: Provider, _asked: Asked) -> Any:
    """Return every lane of the mock, the first one first."""
    return {
        "lanes": [_lane(one) for one in provider.lanes.all()],
        "dropped": provider.lanes.dropped,
    }


def _lane(lane: Provider) -> dict[str, Any]:
    with lane.lock:
        credentials = lane.backend.credentials()
        return {
            "lane": lane.lane,
            "credentials": {name: credentials[name] for name in lane_keys(lane.lanes.backend)},
            "path": f"/lane-{lane.lane}/" if lane.lane else "/",
            "scenario": lane.fixture.id,
            "fault": lane.fault,
            "ahead": lane.clock.ahead,
            "delay": round(lane.delay * 1000),
            "webhook": lane.webhooks.url if lane.webhooks else None,
            "has_webhooks": bool(lane.backend.webhooks),
            "messages": len(lane.messages),
            "received": len(lane.history.received),
            "requests": len(lane.request_log.requests),
            "refused": sum(bool(one.refused) for one in lane.request_log.requests),
            "misses": len(lane.misses),
        }


def scenario(provider: Provider, _asked: Asked) -> Any:
    """Return the scenario that is played, and how far it is."""
    with provider.lock:
        fixture, played = provider.fixture, provider.scenario.plays()
        return {
            "scenario": fixture.id,
            "title": fixture.title,
            "provenance": fixture.provenance.source,
            "chosen": provider.strict,
            "state": provider.scenario.state,
            "interactions": [
                {"id": one.id, "from": list(one.sources), "to": one.to, "times": one.times}
                | {"optional": one.optional, "played": played[one.id]}
                for one in fixture.interactions
            ],
            "unplayed": provider.unplayed(),
            "misses": list(provider.misses),
        }


def playable(provider: Provider, _asked: Asked) -> Any:
    """Return what could be played: the scenarios that ship for the backend, and the faults."""
    name = provider.backend.name
    return {
        "scenarios": shipped(f"{name}/"),
        "faults": {
            one.name: {"what": one.what, "kinds": [kind for kind in one.ways if kind]}
            for one in FAULTS.values()
            if one.place is not Place.ADDRESS
        },
    }


def notes(provider: Provider, _asked: Asked) -> Any:
    """Return which leniencies were needed, and how often each."""
    with provider.lock:
        return dict(provider.notes)


def verify(provider: Provider, _asked: Asked) -> Any:
    """Return the verdict on the clients of the lane, with HTTP 409 if it failed."""
    verdict = provider.verdict()
    return json_response(200 if verdict.passed else _CONFLICT, verdict.as_json())


def health(provider: Provider, _asked: Asked) -> Any:
    """Return what is played, and which fault is due."""
    return {
        "status": "ok",
        "scenario": provider.fixture.id,
        "provenance": provider.fixture.provenance.source,
        **({"fault": provider.fault} if provider.fault else {}),
    }


def events(provider: Provider, asked: Asked) -> Any:
    """Return the events after a number, as far as they are kept; a server sends all that follow."""
    given = asked.parameters.get("after", asked.last or str(provider.changes.last))
    after = int(number("after", _whole(given), _MOST_EVENTS))
    return answer_events(provider.changes, after)


def _whole(word: str) -> object:
    is_whole = word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS
    return int(word) if is_whole else word


def _busy() -> Response:
    return json_response(503, {"error": 503, "message": "too many requests are already waiting"})
