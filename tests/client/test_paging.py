"""The log of what was sent comes page by page, each message once, and it always ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from smsbridge import NoAnswer, Question, SentMessage, backend
from smsbridge.client.paging import Pages
from smsbridge.http.exchange import Request, Response

from support.asking import (
    NUMBER,
    OTHER,
    SENT,
    Gate,
    Make,
    Wire,
    end_of,
    page,
    pages,
    row,
    utc,
)
from support.blocks import json_of
from support.each import each

BY_TIME = replace(SENT, pages="at")
ONCE = replace(SENT, pages="")
CARRIES = replace(
    SENT, fields={**SENT.fields, "after": "{after|epoch}", "recipient": "{recipient}"}
)


def gate(table: Question) -> Gate:
    @backend
    class Other(Gate):
        protocols = {"rest": replace(Gate.protocols["rest"], sent=table)}

    return Other()


def sent(make: Make, wire: Wire, table: Question = SENT, **filters: Any) -> list[str | None]:
    return [one.id for one in make(gate(table), wire).sent(**filters)]


def asked(wire: Wire, name: str = "before") -> list[Any]:
    return [json_of(request).get(name) for request in wire.requests]


def at(hour: int, *known: str) -> list[dict[str, Any]]:
    return [row(one, at=utc(hour).isoformat()) for one in known]


def test_the_next_page_is_asked_before_the_oldest_message(make: Make) -> None:
    wire = Wire(*pages([*at(5, "e"), *at(4, "d")], at(3, "c"), [*at(2, "b"), *at(1, "a")]))
    assert sent(make, wire) == ["e", "d", "c", "b", "a"]
    assert asked(wire) == [None, "d", "c", "a"]


def test_the_oldest_is_so_by_its_time_and_not_by_its_place(make: Make) -> None:
    wire = Wire(*pages([*at(1, "a"), *at(3, "c"), *at(2, "b")]))
    assert sent(make, wire) == ["a", "c", "b"]
    assert asked(wire) == [None, "a"]


@each("rows", [[row("b", at=None), row("a", at=None)], [*at(1, "b"), row("a", at="soon")]])
def test_where_not_all_have_times_it_is_the_last(make: Make, rows: list[dict[str, Any]]) -> None:
    wire = Wire(*pages(rows))
    assert sent(make, wire) == ["b", "a"]
    assert asked(wire) == [None, "a"]


def test_pages_by_time_are_asked_before_the_oldest_time(make: Make) -> None:
    wire = Wire(*pages([*at(3, "c"), *at(2, "b")], at(1, "a")))
    assert sent(make, wire, BY_TIME) == ["c", "b", "a"]
    assert [word and word[:13] for word in asked(wire)] == [None, "2030-01-01T02", "2030-01-01T01"]


def test_a_provider_without_pages_is_asked_once(make: Make) -> None:
    wire = Wire(page(*at(1, "a")))
    assert sent(make, wire, ONCE) == ["a"]


def test_an_empty_log_is_asked_once(make: Make) -> None:
    wire = Wire(page())
    assert sent(make, wire) == []


@each("table", [SENT, BY_TIME])
def test_it_ends_where_the_provider_gives_the_same_page_again(make: Make, table: Question) -> None:
    same = page(*at(2, "b"), *at(1, "a"))
    wire = Wire(*[same] * (2 if table is SENT else 3))  # by time its second is left out at last
    assert sent(make, wire, table) == ["b", "a"]


def test_it_ends_where_pages_go_in_a_circle(make: Make) -> None:
    first, second = page(*at(2, "b")), page(*at(1, "a"))
    wire = Wire(first, second, first)
    assert sent(make, wire) == ["b", "a"]


def test_it_ends_where_the_cursor_does_not_move(make: Make) -> None:
    wire = Wire(page(*at(1, "a", "b")), page(*at(1, "b", "c")), page())
    assert sent(make, wire, BY_TIME) == ["a", "b", "c"]


def test_it_ends_where_there_are_no_ids(make: Make) -> None:
    wire = Wire(page(row(None), row(None, text="Another")))
    assert sent(make, wire) == [None, None]


def test_it_ends_where_there_are_no_times(make: Make) -> None:
    wire = Wire(page(row("a", at=None)))
    assert sent(make, wire, BY_TIME) == ["a"]


def test_rows_without_ids_are_told_apart_by_all_that_they_say(make: Make) -> None:
    first = [row(None, at=utc(2).isoformat()), row(None, at=utc(1).isoformat())]
    second = [row(None, at=utc(1).isoformat()), row(None, at=utc(1).isoformat(), text="Another")]
    wire = Wire(page(*first), page(*second), page())
    assert len(sent(make, wire, BY_TIME)) == 3


@each(
    ("how", "size", "count", "whole"),
    [
        ("strictly", 2, 6, False),
        ("strictly", 4, 9, True),
        ("strictly", 9, 9, True),
        ("inclusive", 2, 2, False),
        ("inclusive", 4, 9, False),
        ("inclusive", 9, 9, True),
    ],
)
def test_of_a_second_nothing_is_left_out_that_a_page_can_hold(
    how: str, size: int, count: int, *, whole: bool
) -> None:
    rows = [SentMessage(id=f"{s}-{n}", at=utc(0, 0, s)) for s in (3, 2, 1) for n in range(3)]
    log = Pages(BY_TIME, {})
    found: list[SentMessage] = []
    for _ in range(30):
        if log.ended:
            break
        found += log.take(_answered(rows, log.values().get("before"), how)[:size])
    assert log.ended
    assert (len(found), log.whole) == (count, whole)


def test_a_message_on_two_pages_comes_once(make: Make) -> None:
    wire = Wire(*pages(at(3, "c", "b"), at(2, "b", "a"), at(1, "c", "z")))
    assert sent(make, wire) == ["c", "b", "a", "z"]


def test_it_stops_asking_when_a_page_is_older_than_after(make: Make) -> None:
    wire = Wire(page(*at(5, "c"), *at(4, "b")), page(*at(2, "a"), *at(1, "z")))
    assert sent(make, wire, after=utc(3)) == ["c", "b"]


def test_it_goes_on_while_a_page_has_one_that_is_not_older(make: Make) -> None:
    wire = Wire(*pages([*at(5, "c"), *at(1, "z")], at(4, "b")))
    assert sent(make, wire, after=utc(3)) == ["c", "b"]


def test_no_answer_in_the_middle_is_raised_after_what_came_before(make: Make) -> None:
    wire = Wire(page(*at(1, "a")), Response(status=500))
    log = make(Gate(), wire).sent()
    assert next(log).id == "a"
    assert type(end_of(lambda: next(log))) is NoAnswer


def test_the_next_page_is_asked_only_when_it_is_wanted(make: Make) -> None:
    wire = Wire(page(*at(2, "b", "a")))
    log = make(Gate(), wire).sent()
    assert wire.requests == []
    assert [next(log).id, next(log).id] == ["b", "a"]
    assert len(wire.requests) == 1


# --- filters that the table can't carry


def test_after_before_and_recipient_are_applied_here(make: Make) -> None:
    log = [row(f"h{hour}", at=utc(hour).isoformat(), to=to) for hour, to in enumerate([NUMBER] * 6)]
    log[3]["to"] = OTHER
    wire = Wire(page(*log))
    found = sent(make, wire, ONCE, after=utc(1), before=utc(4), recipient=NUMBER)
    assert found == ["h1", "h2", "h4"]
    assert asked(wire, "after") == asked(wire, "recipient") == [None]


def test_what_the_table_carries_is_asked_and_held_to_all_the_same(make: Make) -> None:
    log = [row("a"), row("b", to=OTHER), row("c", at=(utc(0) - timedelta(days=1)).isoformat())]
    wire = Wire(page(*log))
    table = replace(CARRIES, pages="")
    assert sent(make, wire, table, after=utc(0), recipient=NUMBER) == ["a"]
    assert asked(wire, "recipient") == [NUMBER]
    assert asked(wire, "after") == [str(int(utc(0).timestamp()))]


@each("number", ["12025550123", "0012025550123", "+1 (202) 555-0123"])
def test_a_recipient_is_the_same_in_any_form_with_its_digits(make: Make, number: str) -> None:
    assert sent(make, Wire(page(row("a", to=number))), ONCE, recipient=NUMBER) == ["a"]


@each("word", ["to", "at"])
def test_a_row_that_does_not_say_enough_is_not_left_out(make: Make, word: str) -> None:
    wire = Wire(page(row("a", **{word: None})))
    assert sent(make, wire, ONCE, after=utc(0), before=utc(1), recipient=NUMBER) == ["a"]


def test_a_second_that_has_begun_is_not_before_a_time_within_it(make: Make) -> None:
    wire = Wire(page(row("a", at=utc(1, 0, 7).isoformat())))
    assert sent(make, wire, ONCE, after=utc(1, 0, 7).replace(microsecond=999)) == ["a"]


def test_an_id_as_before_is_where_the_first_page_begins(make: Make) -> None:
    wire = Wire(*pages(at(2, "b")))
    assert sent(make, wire, before="c") == ["b"]
    assert asked(wire) == ["c", "b"]


def test_the_filters_go_with_every_page(make: Make) -> None:
    wire = Wire(*pages(at(2, "b"), at(1, "a")))
    sent(make, wire, keyword="Hello")
    assert asked(wire, "keyword") == ["Hello"] * 3


# --- no provider makes it endless


def test_it_ends_after_10000_pages_whatever_the_provider_has() -> None:
    log = Pages(SENT, {})
    count = 0
    while not log.ended:
        count += len(log.take([SentMessage(id=str(count))]))
    assert count == 10_000


LOGS = st.lists(st.tuples(st.booleans(), st.one_of(st.none(), st.integers(0, 5))), max_size=30)


@given(
    log=LOGS,
    size=st.integers(1, 5),
    by=st.sampled_from(["id", "at", ""]),
    how=st.sampled_from(["strictly", "inclusive", "ignored", "from the end"]),
)
def test_whatever_a_provider_makes_of_before_each_message_comes_once_and_it_ends(
    log: list[tuple[bool, int | None]], size: int, by: str, how: str
) -> None:
    rows = [
        SentMessage(id=f"m-{n}" if named else None, at=None if hour is None else utc(hour))
        for n, (named, hour) in enumerate(log)
    ]
    asked_for = Pages(replace(SENT, pages=by), {})
    found: list[SentMessage] = []
    for _ in range(2 * len(rows) + 3):
        if asked_for.ended:
            break
        before = asked_for.values().get("before")
        found += asked_for.take(_answered(rows, before, how)[:size])
    assert asked_for.ended
    known = [one.id for one in found if one.id is not None]
    assert len(known) == len(set(known))


def _answered(rows: list[SentMessage], before: Any, how: str) -> list[SentMessage]:
    if before is None or how == "ignored":
        return rows
    if how == "from the end":
        return rows[::-1]
    if isinstance(before, datetime):
        least = datetime.min.replace(tzinfo=UTC)
        return [
            one
            for one in rows
            if (one.at or least) < before or (how == "inclusive" and one.at == before)
        ]
    place = next((n for n, one in enumerate(rows) if one.id == before), len(rows))
    return rows[place + (how == "strictly") :]


def test_a_log_of_a_hundred_pages_is_read_to_its_end(make: Make) -> None:
    rows = [row(f"m-{n}", at=(utc(0) - timedelta(minutes=n)).isoformat()) for n in range(1000)]

    def answer(request: Request) -> Response:
        before = json_of(request).get("before")
        place = 0 if before is None else 1 + [one["id"] for one in rows].index(before)
        return page(*rows[place : place + 10])

    wire = Wire(answer)
    assert sent(make, wire) == [one["id"] for one in rows]
    assert len(wire.requests) == 101
