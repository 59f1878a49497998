"""A bell wakes who waits, once, and every wait has an end."""

from __future__ import annotations

import threading

from smsbridge.client.bell import Bell

SECONDS = 20.0


def test_it_wakes_who_waits() -> None:
    bell = Bell()
    threading.Timer(0.05, bell.ring).start()
    assert bell.wait(SECONDS)
    assert not bell.wait(0)


def test_it_is_heard_by_who_waits_later_and_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    assert bell.wait(0)
    assert not bell.wait(0.001)


def test_each_wait_has_an_end_however_short_it_is() -> None:
    """As many as let a wait of ``SimpleQueue`` go on for ever."""

    def wait() -> None:
        for _ in range(100_000):
            Bell().wait(1e-6)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    thread.join(5 * SECONDS)
    assert not thread.is_alive()
