"""A provider's webhook path: only the provider is accepted, and answered after the commit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smsbridge import Status
from smsbridge.http.exchange import Request

from support.bridges import get
from support.each import each
from support.events import PERSON, deliver, events_of, events_text, outbox, reporting


def test_a_report_is_answered_once_it_is_kept_and_again_as_the_first_time(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.provider.receive(PERSON, "Yes")
        (request,) = outbox(run)
        first, again = run.ask(request), run.ask(request)
        assert (first.status, first.body) == (again.status, again.body) == (200, b"")
        assert [one.text for one in events_of(run.store)] == ["Yes"]


def test_a_wrong_signature_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.provider.receive(PERSON, "Yes")
        (request,) = outbox(run)
        forged = replace(request, body=request.body.replace(b"Yes", b"No!"))
        bare = replace(request, headers={})
        assert [run.ask(one).status for one in (forged, bare)] == [401, 401]
        assert run.ask(get("/events/new")).status == 405
        assert events_of(run.store) == []


def test_a_store_that_can_t_be_written_lets_the_provider_repeat(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.provider.receive(PERSON, "Yes")
        (request,) = outbox(run)
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE events RENAME TO away")
        assert run.ask(request).status == 503
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO events")
        assert run.ask(request).status == 200
        assert len(events_of(run.store)) == 1


def test_what_is_unreadable_is_refused(tmp_path: Path) -> None:
    path = '[bridge.events.new]\nwebhook = "/events/new"\nnetworks = ["192.0.2.0/24"]\n'
    with reporting(tmp_path, events_text(path)) as run:
        post = Request(method="POST", url="http://localhost/events/new", body=b"{")
        assert run.ask(post).status == 400
        run.sender = "198.51.100.1"
        assert run.ask(post).status == 403


@each(
    ("path", "status"),
    [
        ("/events/new", 200),
        ("/events/new/", 200),
        ("/events/new/more", 200),
        ("/events/newer", 404),
        ("/events", 404),
    ],
)
def test_a_path_includes_what_is_below_it(tmp_path: Path, path: str, status: int) -> None:
    with reporting(tmp_path) as run:
        run.provider.receive(PERSON, "Yes")
        (request,) = outbox(run)
        moved = replace(request, url=request.url.replace("/events/new", path))
        assert run.ask(moved).status == status


def test_a_private_path_is_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_PATH", "/in/0123456789abcdef")
    text = events_text('[bridge.events.new]\nwebhook = { env = "NEW_PATH" }\n')
    with reporting(tmp_path, text) as run:
        run.provider.receive(PERSON, "Yes")
        (request,) = outbox(run)
        for path, status in (("", 200), ("/more", 404)):
            url = f"http://localhost/in/0123456789abcdef{path}"
            assert run.ask(replace(request, url=url)).status == status


def test_reports_move_the_status_of_their_message(tmp_path: Path) -> None:
    with reporting(tmp_path) as run:
        run.send()
        (message,) = run.settled()
        assert {one.status for one in deliver(run)} == {200}
        found = run.store.find(message.id)
        assert found is not None
        assert found.status is Status.SENT
