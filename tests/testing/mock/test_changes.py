"""What changed in a lane is told once, in its order, to who waits and to who comes later."""

from __future__ import annotations

import threading

from smsbridge.testing.mock.changes import KEPT, Changes, EventStream, answer_events


def changes() -> Changes:
    return Changes(threading.Condition(threading.RLock()))


def test_a_change_is_a_server_sent_event_with_its_number() -> None:
    kept = changes()
    kept.add("message", id="ä\nb")
    kept.add("reset")
    assert [one.as_event() for one in kept.after(0)] == [
        'id: 1\nevent: message\ndata: {"id": "ä\\nb"}\n\n'.encode(),
        b"id: 2\nevent: reset\ndata: {}\n\n",
    ]
    assert [one.number for one in kept.after(1)] == [2]


def test_the_last_thousand_are_kept() -> None:
    kept = changes()
    for _ in range(KEPT + 2):
        kept.add("reset")
    assert [len(kept.after(0)), kept.after(0)[0].number] == [KEPT, 3]


def test_who_waits_is_woken_by_a_change_and_by_the_end() -> None:
    kept = changes()
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(kept.wait(lambda: kept.after(0), 60)))
    waiting.start()
    kept.add("reset")
    waiting.join(30)
    kept.close()
    assert (found, kept.wait(lambda: kept.after(1), 60)) == ([kept.after(0)], [])


def test_what_is_there_is_found_without_waiting_and_time_ends_the_rest() -> None:
    kept = changes()
    assert kept.wait(lambda: 7, 60) == 7
    assert kept.wait(lambda: 0, 0.01) == 0


def test_who_comes_back_with_a_number_of_another_run_is_told_everything() -> None:
    kept = changes()
    kept.add("scenario")
    stream = EventStream(kept, answer_events(kept, 7000), lambda: None)
    kept.add("message")
    assert [
        b"id: 1\nevent: scenario" in next(stream),
        b"id: 2\nevent: message" in next(stream),
    ] == [
        True,
        True,
    ]
    assert answer_events(kept, 2).body == b""


def test_a_stream_begins_with_the_backlog_goes_on_and_leaves_once() -> None:
    kept, left = changes(), []
    for kind in ("scenario", "fault"):
        kept.add(kind)
    stream = EventStream(kept, answer_events(kept, 1), lambda: left.append(1))
    kept.add("clock")
    assert iter(stream) is stream
    assert [b"id: 2\nevent: fault" in next(stream), b"id: 3\nevent: clock" in next(stream)] == [
        True,
        True,
    ]
    kept.close()
    assert list(stream) == []
    stream.close()
    stream.close()
    assert left == [1]
