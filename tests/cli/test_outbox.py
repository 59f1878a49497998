"""``smsbridge outbox``: what is stored, and what a person decides, each with a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge import Status
from smsbridge.bridge.delivery.message_queue import MessageQueue
from smsbridge.bridge.store.stored_message import AT_ONCE, End, State, StoredMessage
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.bridges import NUMBER, claim, config_text, open_store, put, read
from support.commands import run
from support.each import each
from support.events import events_of
from support.webhook_receivers import SECRET, hooked_text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "smsbridge.toml").write_text(config_text(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stored(folder: Path, state: State = State.STORED) -> StoredMessage:
    """Return a message of a store, in a state."""
    with open_store(folder) as store:
        message = put(store)
        if state in (State.STORED, State.CANCELLED):
            return message
        found = claim(store)
        assert found is not None
        return found if state is State.HANDED_OVER else store.move(found, End(state=state), "w")


def state_of(folder: Path, message: StoredMessage) -> tuple[State, str]:
    with open_store(folder) as store:
        found = store.find(message.id)
        assert found is not None
        return found.state, store.history(found)[-1]["actor"]


def test_a_list_shows_what_is_stored(folder: Path) -> None:
    message = stored(folder)
    done = run("outbox", "list", "--json")
    assert (done.code, done.document["id"], done.document["state"]) == (0, message.id, "stored")
    assert done.document["recipient"] == NUMBER
    assert message.id in run("outbox", "list").out
    assert run("outbox", "list", "--state", "unknown").err == "no messages\n"


def test_one_is_shown_with_what_became_of_it(folder: Path) -> None:
    message = stored(folder, State.UNKNOWN)
    shown = run("outbox", "show", message.id, "--json").document
    assert [one["state"] for one in shown["history"]] == ["stored", "handed_over", "unknown"]
    plain = run("outbox", "show", str(message.seq)).out
    assert "caller shop" in plain
    assert "state: unknown" in plain


@each("words", [("show",), ("cancel",), ("resend",), ("mark-sent",), ("resolve",)])
def test_an_id_that_nobody_knows_is_refused(folder: Path, words: tuple[str, ...]) -> None:
    stored(folder)
    done = run("outbox", *words, "x")
    assert (done.code, "no such message" in done.err) == (2, True)


@each(
    ("command", "before", "after"),
    [
        (("cancel",), State.STORED, State.CANCELLED),
        (("cancel",), State.REJECTED, State.CANCELLED),
        (("resend",), State.NOT_SENT, State.STORED),
        (("resend", "--even-if-unknown"), State.UNKNOWN, State.STORED),
        (("mark-sent", "--provider-id", "p-1"), State.UNKNOWN, State.ACCEPTED),
    ],
)
def test_a_person_decides_and_the_name_is_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    before: State,
    after: State,
) -> None:
    (tmp_path / "smsbridge.toml").write_text(config_text(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    message = stored(tmp_path, before)
    done = run("outbox", *command, message.id, "--by", "Ann", "--json")
    assert (done.code, done.document["state"]) == (0, after)
    assert state_of(tmp_path, message) == (after, "person Ann")


@each(
    ("command", "before", "status"),
    [
        ("cancel", State.STORED, Status.REJECTED),
        ("cancel", State.UNKNOWN, Status.REJECTED),
        ("mark-sent", State.UNKNOWN, Status.ACCEPTED),
    ],
)
def test_what_a_person_decides_is_told_to_the_caller_s_webhook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, before: State, status: Status
) -> None:
    text = hooked_text("https://shop.example/sms").replace(f'"{SECRET}"', '{ env = "NOT_SET" }')
    (tmp_path / "smsbridge.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    message = stored(tmp_path, before)
    assert run("outbox", command, message.id, "--by", "Ann").code == 0
    with open_store(tmp_path) as store:
        event = events_of(store)[-1]
        assert (event.message, event.caller, event.status) == (message.seq, "shop", status)
        assert event.due == AT_ONCE


@each(
    ("command", "before"),
    [
        ("cancel", State.HANDED_OVER),
        ("cancel", State.ACCEPTED),
        ("resend", State.ACCEPTED),
        ("resend", State.UNKNOWN),
        ("mark-sent", State.REJECTED),
    ],
)
def test_what_may_not_be_decided_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, before: State
) -> None:
    (tmp_path / "smsbridge.toml").write_text(config_text(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    message = stored(tmp_path, before)
    assert run("outbox", command, message.id).code == 2
    assert state_of(tmp_path, message)[0] is before


def test_what_is_unknown_is_looked_up_in_the_log(folder: Path) -> None:
    provider = Provider(read(folder, config_text()).backends["new"])
    server = MockServer(provider)
    server.start()
    try:
        text = config_text().replace("https://new.example", provider.address)
        (folder / "smsbridge.toml").write_text(text, encoding="utf-8")
        backend = read(folder, text).backends["new"]
        from smsbridge import Client
        from smsbridge.http.exchange import Session

        with open_store(folder) as store:
            put(store)
            session = Session()

            def attempt(message: StoredMessage) -> object:
                whole = message.message()
                assert whole is not None
                return backend.attempt(whole, session)

            claimed = MessageQueue(store).claim("worker 1", attempt)  # type: ignore[arg-type]  # it is one
            assert claimed is not None
            whole = claimed.message()
            assert whole is not None
            unknown = store.move(claimed, End(state=State.UNKNOWN), "worker 1")
        left = run("outbox", "resolve", unknown.id, "--json")
        assert (left.code, left.document["state"]) == (3, "unknown")
        assert "unknown" in run("outbox", "resolve").out
        with Client(backend) as client:
            client.send(whole)
        done = run("outbox", "resolve")
        assert (done.code, done.out) == (0, f"{unknown.id}  accepted\n")
        assert run("outbox", "resolve").err == "nothing is unknown\n"
        assert run("outbox", "resolve", unknown.id).code == 2
    finally:
        server.stop()
