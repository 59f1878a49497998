"""The lines of a run's two files tell, together, how each message stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsbridge.errors import Attempt, CallerError
from smsbridge.jsonl import Lines
from smsbridge.ledger import END, Known, Line, attempt_of, intent_line, over_line, unknown_line

ATTEMPT = Attempt(
    backend="acme",
    protocol="rest",
    reference="r-1",
    started=datetime(2027, 1, 31, 9, 30, tzinfo=UTC),
    fingerprint="f1",
    via="second",
)
INTENT = intent_line(1, "+12025550123", ATTEMPT)


def known(path: Path, results: list[Line], intents: list[Line], kept: int = 0) -> Known:
    file = path / "results.jsonl"
    file.unlink(missing_ok=True)
    lines = Lines(file, create=True)
    lines.append(results)
    try:
        return Known.of(3, lines, intents, kept)
    finally:
        lines.close()


def test_an_attempt_comes_back_from_its_line() -> None:
    assert attempt_of(INTENT) == ATTEMPT
    assert unknown_line(INTENT)["recipient"] == "+12025550123"


@pytest.mark.parametrize(
    ("intents", "flying"),
    [
        ([], []),
        ([INTENT], [1]),
        ([INTENT, over_line(1, "not_sent")], []),
        ([INTENT, over_line(1, "not_sent"), INTENT], [1]),
    ],
)
def test_the_last_line_of_a_message_without_an_end_counts(
    tmp_path: Path, intents: list[Line], flying: list[int]
) -> None:
    assert list(known(tmp_path, [], intents).attempts) == flying


def test_a_message_with_an_end_is_not_in_flight(tmp_path: Path) -> None:
    found = known(tmp_path, [{"index": 1, "outcome": "accepted"}], [INTENT])
    assert found.attempts == {}
    assert [found.word(index) for index in range(3)] == ["", "accepted", ""]


def test_the_attempt_of_a_kept_end_stays_also_when_it_is_over(tmp_path: Path) -> None:
    results: list[Line] = [{"index": 1, "outcome": "unknown"}]
    found = known(tmp_path, results, [INTENT, over_line(1, "unknown")], END["unknown"])
    assert found.attempts == {1: INTENT}


@pytest.mark.parametrize("index", [3, -1, None, "1", 1.0])
def test_a_line_of_no_message_is_refused(tmp_path: Path, index: object) -> None:
    with pytest.raises(CallerError, match="no message with the index"):
        known(tmp_path, [], [{"index": index}])
