"""A bridge as its own process, between old clients and a provider that posts events to it."""

from __future__ import annotations

import signal
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from smsbridge import Client, Status
from smsbridge.bridge.store.stored_event import StoredEvent
from smsbridge.bridge.store.stored_message import State
from smsbridge.http.exchange import Request

from support.bridge_killing import SECONDS, Killed, killed
from support.bridges import NUMBER, OLD, open_store
from support.events import OWN, PERSON, POLL, REPORTING, SECRET, WEBHOOK, events_of, target
from support.stores import Place, file_place

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
CORP = f"""
[doors.corp]
speaks = "corp"
to = "new"
callers = {{ acme = {{ password = "corp-password" }} }}
received = "acme"

[backends.corp]
backend = "soap"
wsdl = "{EXAMPLES / "oldcorp.wsdl"}"
auth = {{ type = "basic", username = "acme", password = "none" }}
statuses = {{ ACCEPTED = "queued", DELIVRD = "delivered", UNDELIV = "undelivered" }}
[backends.corp.send]
operation = "SubmitShortMessage"
fields = {{ "request.destination" = "{{recipient|digits}}", "request.body" = "{{text}}" }}
accepted = {{ when = {{ "result.code" = "0" }}, id = "result.messageId" }}
rejected = {{ "result.code" = {{ 12 = "recipient", 40 = "authentication" }} }}
[backends.corp.status]
operation = "QueryMessage"
fields = {{ messageId = "{{id}}" }}
rows = "row"
row = {{ id = "messageId", recipient = "number", text = "body", status = "state", at = "time" }}
[backends.corp.received]
operation = "FetchInbox"
fields = {{ since = "{{after|iso}}" }}
rows = "row"
row = {{ id = "messageId", sender = "number", text = "body", at = "time" }}
"""


def config(events: str, place: Place) -> str:
    """Return two doors, one of REST and one of SOAP: a number of ours is of the first."""
    return (
        f'default = "new"\n[bridge]\n{place.line}\n[doors.shop]\nspeaks = "old"\nto = "new"\n'
        'callers = { shop = { api_key = "shop-key" } }\n'
        f'received = {{ "{OWN}" = "shop" }}\n{events}{CORP}{OLD}{REPORTING}'
    )


def control(run: Killed, what: str, **asked: Any) -> None:
    """Tell the mock provider something, over HTTP."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{run.provider.address}/_mock/{what}", json=asked, timeout=SECONDS)
        assert answer.status_code == 200, answer.text


def wait(look: Callable[[], Any]) -> Any:
    """Wait until a function returns something, and return that."""
    until = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def events(run: Killed) -> list[StoredEvent]:
    with open_store(run.place, time.time) as store:
        return events_of(store)


def old_clients(run: Killed) -> tuple[Client, Client]:
    """Return the clients of the callers, which know the old services alone."""
    shop = Client.from_mapping(
        {"backend": "smsmobileapi", "api_key": "shop-key", "url": run.first.address}
    )
    block = {
        "backend": "soap",
        "wsdl": str(EXAMPLES / "oldcorp.wsdl"),
        "url": run.first.address,
        "auth": {"type": "basic", "username": "acme", "password": "corp-password"},
    }
    corp = tomllib.loads(CORP)["backends"]["corp"]
    return shop, Client.from_mapping({**corp, **block})


@pytest.mark.parametrize("way", [WEBHOOK, POLL], ids=["webhook", "poll"])
def test_old_clients_of_rest_and_of_soap_hear_of_the_end_and_get_what_came_in(
    place: Place, way: str
) -> None:
    with killed(place, config(way, place)) as run:
        run.begin()
        if way == WEBHOOK:
            control(run, "webhook", url=f"{run.first.address}/events/new", secret=SECRET)
        shop, corp = old_clients(run)
        with shop, corp:
            by_rest, by_soap = shop.send(NUMBER, "By REST"), corp.send(NUMBER, "By SOAP")
            wait(lambda: len(run.provider.messages) == 2)
            wait(lambda: all(one.state is State.ACCEPTED for one in run.messages()))
            for message in run.provider.messages:
                control(run, "report", id=message.id, status="delivered")
            wait(lambda: corp.status(by_soap).status is Status.DELIVERED)
            wait(lambda: shop.status(by_rest).status is Status.SENT)  # it has no better word
            control(run, "receive", sender=PERSON, text="For REST", recipient=OWN)
            control(run, "receive", sender=PERSON, text="For SOAP")
            (row,) = wait(lambda: [one for one in shop.received() if one.text])
            assert (row.sender, row.text) == (PERSON, "For REST")
            found = wait(lambda: [one for one in corp.received() if one.text == "For SOAP"])
            assert found[0].sender == PERSON
        assert {one.status for one in run.messages()} == {Status.DELIVERED}
        run.end()


def post(run: Killed, request: Request) -> int:
    """Return the status of an answer; 0 where none came."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.post(
                f"{run.first.address}/events/new",
                request.body,
                headers=request.headers,
                timeout=SECONDS,
            ).status_code
        except requests.RequestException:
            return 0


def test_killed_before_it_answers_it_has_an_event_once_when_the_provider_repeats(
    tmp_path: Path,
) -> None:
    place = file_place(tmp_path)
    with killed(place, config(WEBHOOK, place)) as run:
        run.first.begin()
        shop, corp = old_clients(run)
        with shop, corp:
            shop.send(NUMBER, "Hello")
            wait(lambda: run.provider.messages)
            wait(lambda: all(one.state is State.ACCEPTED for one in run.messages()))
        (message,) = run.provider.messages
        assert message.log
        log = replace(message.log, sender=PERSON)
        hooks = target(run.provider)
        told = [Status.SENT, Status.DELIVERED, Status.QUEUED]
        hooked = hooks.status_events(log, ["sms"], told) + hooks.received_events(log)
        points = ["report: begun", "report: written", "report: committed", "event: committed"]
        assert run.first.kill() == -signal.SIGKILL
        for point, request in zip(points, hooked, strict=True):
            run.first.begin(point)
            assert post(run, request) == 0, point
            assert run.first.wait() == -signal.SIGKILL
            run.first.begin()
            assert [post(run, request) for _ in range(2)] == [200, 200]
            assert run.first.kill() == -signal.SIGKILL
        kinds = [(str(one.kind), one.status) for one in events(run)]
        assert kinds == [*(("report", one) for one in told), ("received", None)]
        (stored,) = run.messages()
        assert stored.status is Status.DELIVERED
