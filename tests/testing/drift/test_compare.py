"""A live answer is compared by structure, types and the words of a table."""

from __future__ import annotations

from typing import Any

from smsbridge.testing.drift.compare import Comparison, TableWords, captures

from support.each import each

WORDS = TableWords(
    marks=frozenset(("state",)), statuses=frozenset(("rows.status",)), known=frozenset(("sent",))
)


def compared(expected: Any, live: Any) -> list[str]:
    comparison = Comparison(words=WORDS)
    comparison.compare(expected, live)
    return [f"{one.grade} {one.path}" for one in comparison.found.values()]


@each(
    ("expected", "live", "found"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": "x"}, {"a": "y"}, []),
        ({"a": None}, {"a": [1]}, []),
        ({"a": 1}, {"a": None}, ["changed a"]),
        ({"a": 1}, {"a": True}, ["changed a"]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, ["added a.c", "removed a.b"]),
        ({"a": {"$extra": "allow", "b": 1}}, {"a": {"b": 1, "c": 1}}, []),
        ({"a": {"$optional": "x"}}, {}, []),
        ({"a": {"$any": True}}, {"a": [1]}, []),
        ({"a": {"$any": True}}, {}, ["removed a"]),
        ({"a": {"$regex": "[0-9]+"}}, {"a": "x"}, ["changed a"]),
        ({"state": "OK"}, {"state": "NO"}, ["changed state"]),
        ({"state": "{mint:x}"}, {"state": "NO"}, []),
        ({"rows": [{"status": "new"}]}, {"rows": [{"status": "sent"}]}, []),
        ({"rows": [{"status": "new"}]}, {"rows": [{"status": "odd"}]}, ["changed rows[].status"]),
        ({"rows": [{"a": 1}, {"a": "x", "b": 1}]}, {"rows": [{"a": 2}, {"a": "y"}]}, []),
        ({"rows": [{"a": 1}]}, {"rows": [{}, {}]}, ["removed rows[].a"]),
        ([1], {"a": 1}, ["changed the answer"]),
    ],
)
def test_each_difference_has_its_grade(expected: Any, live: Any, found: list[str]) -> None:
    assert compared(expected, live) == found


def test_a_list_that_became_empty_is_noted_and_no_difference() -> None:
    comparison = Comparison()
    comparison.compare({"rows": [{"a": 1}]}, {"rows": []})
    assert (comparison.found, comparison.empty) == ({}, ["rows is empty"])


def test_what_a_fixture_mints_is_taken_from_the_live_answer() -> None:
    expected = {"id": "{mint:id}", "rows": [{"id": "{mint:row}"}, "x"], "n": "a {mint:x}"}
    live = {"id": "7", "rows": [{"id": "8"}], "n": "a 9"}
    assert dict(captures(expected, live)) == {"id": "7", "row": "8"}
