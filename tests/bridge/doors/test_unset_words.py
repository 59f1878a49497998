"""What programs send for a field that nobody has set."""

from __future__ import annotations

from datetime import UTC, datetime

from smsbridge.bridge.doors.unset_words import is_unset, is_unset_time, says_nothing

from support.each import each


@each(
    ("word", "default", "expected"),
    [
        (None, "", True),
        ("", "", True),
        (" \n ", "", True),
        ([], "", True),
        (["", None], "", True),
        ("GSM", "GSM", True),
        (["GSM", ""], "GSM", True),
        ("0", "", False),
        ("false", "", False),
        (["", "a"], "", False),
    ],
)
def test_a_word_that_says_nothing(word: object, default: str, expected: object) -> None:
    assert says_nothing(word, default) is expected


@each(
    ("word", "default", "expected"),
    [
        (["", "False"], "", True),
        ("False", "", True),
        (False, "", True),
        ("0001-01-01T00:00:00", "", True),
        ("0001-01-01T00:00:00.0000000-05:00", "", True),
        ("0001-01-01T00:00:00Z", "", True),
        ("0001-01-01", "", True),
        ("1899-12-30T00:00:00.000", "", True),
        ("1900-01-01T00:00:00", "", True),
        ("1970-01-01T00:00:00Z", "", True),
        ("0000-00-00 00:00:00", "", True),
        ("00000000-0000-0000-0000-000000000000", "", True),
        ("PT0S", "", True),
        ("GSM", "GSM", True),
        ("0", "", False),
        ("1", "0", False),
        ("true", "", False),
        (["", "a"], "", False),
        ("0001-01-01T09:00:00", "", False),
        ("1970-01-02T00:00:00Z", "", False),
        ("PT1H", "", False),
        ("None", "", False),
    ],
)
def test_a_word_that_stands_for_a_field_not_set(
    word: object, default: str, expected: object
) -> None:
    assert is_unset(word, default) is expected


@each("word", ["0", "0.0", 0, ["0", ""]])
def test_a_zero_stands_for_a_number_that_is_not_set_but_not_for_a_text(word: object) -> None:
    assert is_unset(word, is_text=False)
    assert not is_unset(word)


@each(
    ("word", "read", "expected"),
    [
        ("01.01.0001 00:00", datetime(1, 1, 1, tzinfo=UTC), True),
        ("1970-01-01T01:00:00+01:00", datetime(1970, 1, 1, tzinfo=UTC), True),
        ("0001-01-01T00:00:00+01:00", None, True),
        ("0", None, True),
        ("0000-00-00 00:00:00", None, True),
        ("00.00.0000", None, True),
        ("2035-01-31", datetime(2035, 1, 31, tzinfo=UTC), False),
        ("2001-01-31", datetime(2001, 1, 31, tzinfo=UTC), False),
        ("tomorrow", None, False),
        ("0h", None, False),
    ],
)
def test_a_send_time_that_nobody_has_set(
    word: str, read: datetime | None, expected: object
) -> None:
    assert is_unset_time(word, read) is expected
