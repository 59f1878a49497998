"""The values of a table: constants, placeholders, filters and choices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from smsbridge.template import Template, names, needed, plain, render, text, words

VALUES = {
    "recipient": "+12025550123",
    "text": "{text} & more",
    "channels": "sms+whatsapp",
    "send_at": datetime(2030, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    "options.encrypt": True,
}
CHOICE: Template = {"{channels}": {"sms+whatsapp": "{recipient|digits}", "*": "no"}}


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("1", "1"),
        ("{recipient}", "+12025550123"),
        ("{recipient|digits}", "12025550123"),
        ("tel:{recipient}!", "tel:+12025550123!"),
        ("{text}", "{text} & more"),
        ("{send_at|epoch}", "1893456000"),
        ("{sender}", None),
        ("from {sender}", None),
        (CHOICE, "12025550123"),
        ({"{channels}": {"whatsapp": "1"}}, None),
        ({"{sender}": {"*": "any"}}, "any"),
        ({"{options.encrypt}": {"true": "yes"}}, "yes"),
    ],
)
def test_a_template_is_filled_or_left_out(template: Template, rendered: str | None) -> None:
    assert render(template, VALUES) == rendered


def test_a_value_is_text_as_the_wire_shows_it() -> None:
    assert [text(True), text(False), text(7)] == ["true", "false", "7"]
    assert text(datetime(2030, 1, 1, tzinfo=UTC)) == "2030-01-01T00:00:00+00:00"


def test_names_are_all_values_that_a_template_can_carry() -> None:
    assert set(names(CHOICE)) == {"channels", "recipient"}
    assert set(names("{text} {sender}")) == {"text", "sender"}


def test_needed_are_the_values_used_this_time() -> None:
    assert set(needed(CHOICE, VALUES)) == {"channels", "recipient"}
    assert set(needed(CHOICE, {"channels": "sms"})) == {"channels"}
    assert set(needed({"{channels}": {"sms": "{text}"}}, VALUES)) == {"channels"}


def test_words_are_those_of_a_choice_by_that_value() -> None:
    assert set(words(CHOICE, "channels")) == {"sms+whatsapp", "*"}
    assert set(words(CHOICE, "recipient")) == set()
    assert set(words("{channels}", "channels")) == set()


@pytest.mark.parametrize(
    ("template", "name"),
    [("{text}", "text"), ("{recipient|digits}", "recipient"), ("a {text}", None), (CHOICE, None)],
)
def test_a_plain_template_can_be_read_backwards(template: Template, name: str | None) -> None:
    assert plain(template) == name
