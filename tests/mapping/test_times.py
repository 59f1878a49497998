"""Times as providers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smsbridge.errors import ConfigError
from smsbridge.mapping.times import (
    ParsedTime,
    form_trouble,
    has_two_readings,
    parse_time,
    read_time,
    shape,
    zone_of,
)

from support.each import each

NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")


@each(
    ("said", "time"),
    [
        ("1893456000", NEW_YEAR),
        (" 1893456000 ", NEW_YEAR),
        ("1893456000000", NEW_YEAR),
        ("1893456000250", NEW_YEAR + timedelta(milliseconds=250)),
        ("893456000", datetime(1998, 4, 24, 22, 13, 20, tzinfo=UTC)),
        ("1893456000.5", NEW_YEAR + timedelta(milliseconds=500)),
        ("2030-01-01T00:00:00Z", NEW_YEAR),
        ("2030-01-01t00:00:00z", NEW_YEAR),
        ("2030-01-01 00:00:00 UTC", NEW_YEAR),
        ("2030-01-01 00:00:00 GMT", NEW_YEAR),
        ("2030-01-01 01:00:00 +0100", NEW_YEAR),
        ("2030-01-01 01:00:00 +01", NEW_YEAR),
        ("2030-01-01T00:00:00.2500000Z", NEW_YEAR + timedelta(milliseconds=250)),
        ("2030-01-01T00:00:00,25", NEW_YEAR + timedelta(milliseconds=250)),
        ("2030/01/01 00:00", NEW_YEAR),
        ("203001010000", NEW_YEAR),
        ("20300101000000", NEW_YEAR),
        ("Tue, 01 Jan 2030 00:00:00 GMT", NEW_YEAR),
        ("1 Jan 2030 01:00 +0100", NEW_YEAR),
        ("Tue, 1 Jan 2030 00:00:00", NEW_YEAR),
        ("/Date(1893456000000)/", NEW_YEAR),
        ("/Date(1893456000000+0100)/", NEW_YEAR),
        ("/Date(-1000)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2030-01-01T00:00:00+00:00", NEW_YEAR),
        ("2030-01-01T05:30:00+05:30", NEW_YEAR),
        ("2029-12-31T16:00:00-0800", NEW_YEAR),
        ("2030-01-01T00:00:00.250Z", NEW_YEAR + timedelta(milliseconds=250)),
        ("2030-01-01T00:00:00", NEW_YEAR),
        ("2030-01-01 00:00:00", NEW_YEAR),
        ("2030-01-01T00:00", NEW_YEAR),
        ("2030-01-01", NEW_YEAR),
        ("20300101T000000Z", NEW_YEAR),
    ],
)
def test_a_time_is_read_in_any_form_that_leaves_no_doubt_and_is_of_utc_if_it_has_no_zone(
    said: str, time: datetime
) -> None:
    read = read_time(said)
    assert read == time
    assert read.tzinfo is UTC


@each(
    "said",
    [
        "",
        "soon",
        "0",
        "-1893456000",
        "12345678",
        "18934560000000",
        "١٨٩٣٤٥٦٠٠٠",
        "01/02/2030",
        "2030-13-01",
        "2030-02-29",
        "24:00",
        "Tue, 32 Jan 2030 00:00:00 GMT",
        "Tue, 01 Jan 2030 00:00:00 CST",
        "2030-01-01 00:00:00 CET",
        "2030-01-01T00:00:00+25:00",
        "2030-01-01x00:00:00",
        "20300101118",
        "893456000000",
        "0511261857",
        "/Date(soon)/",
        "9" * 100_000,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_anything_else_is_no_time(said: str) -> None:
    assert read_time(said) is None


@given(st.text(max_size=30))
def test_any_text_is_a_time_in_utc_or_none(said: str) -> None:
    time = read_time(said)
    assert time is None or time.utcoffset() == timedelta(0)


def looks_like_a_date(digits: str) -> bool:
    """Return whether ten digits may be pairs of a date and a time, in one of the usual orders."""
    pairs = [int(digits[at : at + 2]) for at in range(0, 10, 2)]
    year, month, day, hour, minute = pairs
    orders = [(month, day, hour, minute), (month, year, hour, minute), (day, hour, minute, 0)]
    return any(m in range(1, 13) and 0 < d < 32 and h < 24 and mi < 60 for m, d, h, mi in orders)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(
        min_value=datetime(2001, 9, 10),  # noqa: DTZ001  (the zone comes from its own strategy)
        max_value=datetime(2286, 1, 1),  # noqa: DTZ001  (the same)
        timezones=ZONES,
    )
)
def test_any_time_is_read_as_it_was_written(time: datetime) -> None:
    seconds = str(int(time.timestamp()))
    assume(seconds < "2" or not looks_like_a_date(seconds))
    assert read_time(time.isoformat()) == time
    assert read_time(seconds) == time.replace(microsecond=0)
    millisecond = time.replace(microsecond=time.microsecond // 1000 * 1000)
    since = (millisecond - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read_time(str(since)) == millisecond


# Digits that may be two things


@each(
    "digits",
    ["2611281857", "2811261857", "2026112818", "2099123123", "3112271200"],
)
def test_ten_digits_that_are_a_date_or_a_far_second_are_neither_until_the_table_says(
    digits: str,
) -> None:
    assert parse_time(digits) is None
    told = parse_time(digits, form="epoch")
    assert told == ParsedTime(datetime.fromtimestamp(int(digits), UTC), sure=True)


@each(
    ("digits", "form", "time"),
    [
        ("2611281857", "%y%m%d%H%M", datetime(2026, 11, 28, 18, 57, tzinfo=UTC)),
        ("1211281857", "%y%m%d%H%M", datetime(2012, 11, 28, 18, 57, tzinfo=UTC)),
        ("1211281857", "", datetime(2008, 5, 20, 11, 10, 57, tzinfo=UTC)),
        ("28112026", "%d%m%Y", datetime(2026, 11, 28, tzinfo=UTC)),
        ("28.11.2026 18:57", "%d.%m.%Y %H:%M", datetime(2026, 11, 28, 18, 57, tzinfo=UTC)),
        ("2026-11-28T18:57:00Z", "%d.%m.%Y %H:%M", datetime(2026, 11, 28, 18, 57, tzinfo=UTC)),
        ("893456000000", "epoch-ms", datetime(1998, 4, 24, 22, 13, 20, tzinfo=UTC)),
        ("261128185", "%y%m%d%H%M", None),
        ("1893456000", "%d%m%Y", None),
        ("soon", "epoch", None),
    ],
)
def test_digits_are_read_as_the_table_says_and_in_no_other_way(
    digits: str, form: str, time: datetime | None
) -> None:
    told = parse_time(digits, form=form)
    assert (told and told.time) == time


@each("form", ["epoch", "epoch-ms", "%y%m%d%H%M", "%d.%m.%Y", "%c", "%Y-%j"])
def test_a_form_of_a_time_has_no_fault(form: str) -> None:
    assert form_trouble(form) is None


@each("form", ["", "seconds", "%H:%M", "%Y", "%Q", "%", "iso"])
def test_what_is_no_form_of_a_time_is_refused_with_an_example(form: str) -> None:
    assert "such as %y%m%d%H%M" in str(form_trouble(form))


# Zones


def test_a_time_is_sure_where_its_zone_is_known_and_no_clock_shows_it_twice() -> None:
    sure = {
        "2027-07-01 09:00": True,
        "2027-10-31 00:59": True,
        "2027-10-31 01:00": False,
        "2027-10-31 01:59": False,
        "2027-10-31 02:00": True,
        "2027-03-28 01:30": False,
        "2027-10-31 01:30 +0000": True,
        "2027-07-01": False,
    }
    told = {said: parse_time(said, LISBON) for said in sure}
    assert {said: one and one.sure for said, one in told.items()} == sure
    without = {said: parse_time(said) for said in sure if "+" not in said}
    assert not any(one and one.sure for one in without.values())


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    told = parse_time("2027-10-31 01:30", LISBON)
    assert told == ParsedTime(datetime(2027, 10, 31, 0, 30, tzinfo=UTC), sure=False)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001  (a clock on a wall)
def test_a_sure_time_is_the_one_at_which_the_clocks_of_the_zone_show_it(wall: datetime) -> None:
    told = parse_time(wall.isoformat(), LISBON)
    assert told is not None
    shown = told.time.astimezone(LISBON)
    assert not told.sure or shown.replace(tzinfo=None) == wall
    assert told.sure is not has_two_readings(wall.replace(tzinfo=LISBON))


@each(
    "name", ["Lisbon", "Europe", "UTC+1", "/etc/localtime", "../Europe/Lisbon", "a\0b", "x" * 9999]
)
def test_what_is_no_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ConfigError, match="such as Europe/Lisbon") as refused:
        zone_of(name)
    assert refused.value.key == ("time_zone",)
    assert len(str(refused.value)) < 300


def test_no_name_is_no_zone() -> None:
    assert zone_of("") is None


def test_the_shape_of_a_word_shows_no_character_of_it() -> None:
    assert shape("28.11.26, 6 pm é") == "00.00.00, 0 aa a"
    assert len(shape("x" * 10_000)) < 100
