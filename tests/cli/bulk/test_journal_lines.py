"""The lines of a run's two files tell, together, how each message stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsbridge.cli.bulk.journal_lines import (
    DIED,
    END,
    NAMELESS,
    Line,
    RowStates,
    intent_line,
    over_line,
    unknown_line,
)
from smsbridge.cli.bulk.jsonl import Lines
from smsbridge.client.attempt_json import attempt_of
from smsbridge.errors import Attempt, CallerError

ATTEMPT = Attempt(
    backend="acme",
    protocol="rest",
    reference="r-1",
    started=datetime(2027, 1, 31, 9, 30, tzinfo=UTC),
    fingerprint="f1",
    via="second",
)
INTENT = intent_line(1, "+12025550123", ATTEMPT)
LATER = intent_line(1, "+12025550123", replace(ATTEMPT, fingerprint="f2"))


def known(
    path: Path, results: list[Line], intents: list[Line], kept: Collection[int] = ()
) -> RowStates:
    file = path / "results.jsonl"
    file.unlink(missing_ok=True)
    lines = Lines(file, create=True)
    lines.append(results)
    try:
        return RowStates.of(3, lines, intents, kept)
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
    found = known(tmp_path, results, [INTENT, over_line(1, "unknown")], {END["unknown"]})
    assert found.attempts == {1: INTENT}


def test_the_attempt_of_what_was_accepted_without_an_id_can_be_kept(tmp_path: Path) -> None:
    for id_, kept in ((None, {1: INTENT}), ("", {1: INTENT}), ("id-1", {})):
        results: list[Line] = [{"index": 1, "outcome": "accepted", "id": id_}]
        found = known(tmp_path, results, [INTENT], {NAMELESS})
        assert (found.word(1), found.attempts) == ("accepted", kept)
        assert known(tmp_path, results, [INTENT]).attempts == {}


@pytest.mark.parametrize(
    ("intents", "end", "rivals"),
    [
        ([INTENT], "", []),
        ([INTENT, over_line(1, "unknown")], "", [INTENT]),
        ([INTENT, over_line(1, "unknown")], "unknown", []),
        ([INTENT, over_line(1, DIED)], "", [INTENT]),
        ([INTENT, LATER, over_line(1, DIED)], "", [LATER]),
        ([INTENT, over_line(1, "unknown"), LATER], "accepted", [INTENT]),
        ([INTENT, over_line(1, "unknown"), LATER, over_line(1, DIED)], "", [INTENT, LATER]),
        ([INTENT, over_line(1, "unknown"), LATER, over_line(1, "not_sent")], "", [INTENT]),
        ([INTENT, over_line(1, "unknown"), over_line(1, "unknown"), LATER], "", [INTENT]),
        ([INTENT, over_line(1, "not_sent"), LATER, over_line(1, "unknown")], "", [LATER]),
        ([INTENT, over_line(1, "not_sent"), LATER], "unknown", []),
        ([INTENT, over_line(1, "not started"), LATER], "accepted", []),
        ([INTENT, over_line(1, "the credentials were refused"), LATER], "accepted", []),
    ],
)
def test_an_attempt_that_may_have_been_taken_stays_though_its_message_went_again(
    tmp_path: Path, intents: list[Line], end: str, rivals: list[Line]
) -> None:
    results: list[Line] = [{"index": 1, "outcome": end, "id": "id-1"}] if end else []
    found = known(tmp_path, results, intents)
    header: Line = {"version": 1, "rows": 3}
    order = [line["fingerprint"] for line in found.other_attempts(lambda: [header, *intents])]
    assert sorted(order) == [line["fingerprint"] for line in rivals]


@pytest.mark.parametrize("index", [3, -1, None, "1", 1.0])
def test_a_line_of_no_message_is_refused(tmp_path: Path, index: object) -> None:
    with pytest.raises(CallerError, match="no message with the index"):
        known(tmp_path, [], [{"index": index}])
