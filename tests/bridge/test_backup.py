"""A backup of a store in use, a restore that sends nothing twice, and a move that loses nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from smsbridge.bridge.backup import Filled, back_up, move, restore
from smsbridge.bridge.store.stored_message import End, State
from smsbridge.errors import ConfigError

from support.bridges import claim, config_text, open_store, put, read, running
from support.old_stores import first_store
from support.stores import Place, file_place

OTHER = "+12025550124"


@pytest.fixture
def old(tmp_path: Path) -> Place:
    """The place of a store in a file, beside the other."""
    folder = tmp_path / "old"
    folder.mkdir()
    return file_place(folder)


def test_what_waited_is_unknown_after_a_restore_and_is_not_sent(place: Place, old: Place) -> None:
    with open_store(place) as store:
        put(store, "One")
        put(store, "Two", recipient=OTHER)
        claim(store)
        back_up(place.store, old.folder / "monday.db")
    assert [one.name for one in old.folder.iterdir()] == ["monday.db"]
    assert (old.folder / "monday.db").stat().st_mode & 0o077 == 0
    assert restore(old.folder / "monday.db", old.store).unknown == 2
    read(old.folder, config_text())
    with running(old.folder) as run:
        run.until(lambda: all(one.looked_up for one in run.messages()))
        assert [one.state for one in run.messages()] == [State.UNKNOWN, State.UNKNOWN]
        assert run.arrived() == []


def test_a_copy_is_complete_and_continues_the_numbers(place: Place, old: Place) -> None:
    with open_store(old) as store:
        for number in range(3):
            stored = put(store, str(number), reference=f"r-{number}", key=f"k-{number}")
        store.move(stored, End(state=State.CANCELLED, why="not now"), "person Ann")
        before = store.list_messages()
        history = store.history(before[0])
        back_up(old.store, old.folder / "monday.db")
    assert restore(old.folder / "monday.db", place.store).unknown == 2
    with open_store(place) as store:
        after = store.list_messages()
        assert after[0] == before[0]
        assert [one.id for one in after] == [one.id for one in before]
        assert store.history(after[0]) == history
        assert put(store, "1", key="k-1").id == before[1].id
        assert put(store, "New").seq > before[0].seq


def test_a_move_takes_waiting_messages_along_and_leaves_none_behind(
    place: Place, old: Place
) -> None:
    with open_store(old) as store:
        waits, sent = put(store, "Waits"), put(store, "Was being sent", recipient=OTHER)
        assert claim(store) is not None
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.STORED, due=store.now()), "worker 1")
        file = old.folder / "bridge.db"
        with store.database.lock(), pytest.raises(ConfigError, match="another process serves"):
            move(file, place.store)
    assert move(file, place.store) == Filled(messages=2, unknown=1)
    assert sorted(one.name for one in old.folder.glob("*.db*")) == [
        "bridge.db.lock",
        "bridge.db.moved",
    ]
    with open_store(place) as store:
        assert {one.id: one.state for one in store.list_messages()} == {
            waits.id: State.UNKNOWN,
            sent.id: State.STORED,
        }
        assert claim(store) is not None


def test_a_store_of_an_older_smsbridge_is_moved_too(place: Place, old: Place) -> None:
    first_store(old.folder / "bridge.db", text="It waits")
    assert move(old.folder / "bridge.db", place.store).unknown == 0
    with open_store(place) as store:
        assert [one.text for one in store.list_messages(states=[State.STORED])] == ["It waits"]


def test_a_store_that_another_program_has_open_is_not_moved(place: Place, old: Place) -> None:
    file = old.folder / "bridge.db"
    with open_store(old) as store:
        put(store)
        with pytest.raises(ConfigError, match="another program may have it open"):
            move(file, place.store)
    assert move(file, place.store).unknown == 0
    with open_store(place) as store:
        assert len(store.list_messages()) == 1


def test_the_files_of_a_bridge_that_was_killed_are_restored_together(
    place: Place, old: Place
) -> None:
    killed = old.folder / "killed"
    killed.mkdir()
    with open_store(old) as store:
        put(store)
        for file in old.folder.glob("bridge.db*"):  # as they are on the disk of a killed one
            shutil.copy(file, killed)
    assert restore(killed / "bridge.db", place.store).unknown == 1
    with open_store(place) as store:
        assert len(store.list_messages()) == 1


def test_a_store_with_messages_is_not_filled(place: Place, old: Place) -> None:
    with open_store(place) as store, open_store(old) as other:
        put(store)
        put(other)
        back_up(old.store, old.folder / "monday.db")
    for fill in (move, restore):
        with pytest.raises(ConfigError, match="already has messages: give an empty one"):
            fill(old.folder / "monday.db", place.store)
    assert (old.folder / "monday.db").exists()


def test_a_backup_overwrites_nothing_and_needs_a_store(place: Place, old: Place) -> None:
    with pytest.raises(ConfigError, match="there is no store"):
        back_up(place.store, old.folder / "b.db")
    with open_store(place):
        (old.folder / "b.db").touch()
        with pytest.raises(ConfigError, match=r"b\.db already exists"):
            back_up(place.store, old.folder / "b.db")
        with pytest.raises(ConfigError, match=r"can't write .*away/b\.db: No such file"):
            back_up(place.store, old.folder / "away" / "b.db")


def test_a_restore_and_a_move_need_a_store_of_ours(place: Place, old: Place) -> None:
    for fill in (move, restore):
        with pytest.raises(ConfigError, match=r"can't read .*b\.db: No such file"):
            fill(old.folder / "b.db", place.store)
        with pytest.raises(ConfigError, match=r"can't read .*: Is a directory"):
            fill(old.folder, place.store)
    (old.folder / "b.db").touch()
    for fill in (move, restore):
        with pytest.raises(ConfigError, match=r"can't read .*b\.db: it is empty"):
            fill(old.folder / "b.db", place.store)
    (old.folder / "b.db").write_bytes(b"no store")
    for fill in (move, restore):
        with pytest.raises(ConfigError, match="can't be used"):
            fill(old.folder / "b.db", place.store)
    assert (old.folder / "b.db").exists()
