"""What a client remembers of its sends: the last ten thousand, and from when on that is all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from smsbridge import Attempt
from smsbridge.client.send_history import SendHistory

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MOST = 10_000


def attempt(number: int) -> Attempt:
    started = NOW + timedelta(seconds=number)
    return Attempt(backend="b", protocol="rest", reference=f"r-{number}", started=started)


def test_an_id_is_that_of_another_attempt_unless_it_is_its_own() -> None:
    history = SendHistory()
    history.add("m-1", attempt(1))
    history.add("m-2", attempt(2))
    assert list(history.ids(but=attempt(1))) == ["m-2"]
    assert list(history.ids(but=attempt(3))) == ["m-1", "m-2"]


def test_an_attempt_is_open_until_its_id_is_known() -> None:
    history = SendHistory()
    history.add(None, attempt(1))
    history.add(None, attempt(2))
    assert list(history.open()) == [attempt(1), attempt(2)]
    history.add(None, attempt(1))  # found, by a row that has no id
    assert set(history.open()) == {attempt(1), attempt(2)}
    history.add("m-1", attempt(1))
    assert list(history.open()) == [attempt(2)]


def test_of_too_many_the_oldest_are_forgotten_and_it_is_known_since_when() -> None:
    history = SendHistory()
    for number in range(MOST):
        history.add(f"m-{number}", attempt(number))
    assert history.forgotten is None
    for number in range(MOST, MOST + 3):
        history.add(f"m-{number}", attempt(number))
    assert history.forgotten == attempt(2).started
    assert "m-2" not in set(history.ids(but=attempt(-1)))
    assert "m-3" in set(history.ids(but=attempt(-1)))


def test_threads_that_share_it_lose_nothing_and_meet_no_error() -> None:
    history = SendHistory()
    together = threading.Barrier(8)

    def work(first: int) -> None:
        together.wait(20)
        for number in range(first, first + 4_000):
            history.add(f"m-{number}", attempt(number))
            if number % 500 == 0:
                list(history.ids(but=attempt(-1)))
                list(history.open())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(0, 32_000, 4_000)))
    kept = list(history.ids(but=attempt(-1)))
    assert len(kept) == len(set(kept)) == MOST
