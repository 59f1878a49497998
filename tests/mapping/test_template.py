"""The values of a table: constants, placeholders, filters and choices."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.etree.ElementTree import fromstring
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.errors import InvalidMessage
from smsbridge.mapping.template import Template, names, render, required_names, words

from support.each import each

VALUES = {
    "recipient": "+12025550123",
    "text": "{text} & more",
    "channels": "sms+whatsapp",
    "send_at": datetime(2030, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    "options.encrypt": True,
    "username": "acme",
    "password": "secret",
    "now": datetime(2027, 1, 31, 9, 0, 0, 1, tzinfo=UTC),
}
CHOICE: Template = {"{channels}": {"sms+whatsapp": "{recipient|digits}", "*": "no"}}


@each(
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


def test_names_are_all_values_that_a_template_can_carry() -> None:
    assert set(names(CHOICE)) == {"channels", "recipient"}
    assert set(names("{text} {sender}")) == {"text", "sender"}


def test_needed_are_the_values_used_this_time() -> None:
    assert set(required_names(CHOICE, VALUES)) == {"channels", "recipient"}
    assert set(required_names(CHOICE, {"channels": "sms"})) == {"channels"}
    assert set(required_names({"{channels}": {"sms": "{text}"}}, VALUES)) == {"channels"}


def test_words_are_those_of_a_choice_by_that_value() -> None:
    assert set(words(CHOICE, "channels")) == {"sms+whatsapp", "*"}
    assert set(words(CHOICE, "recipient")) == set()
    assert set(words("{channels}", "channels")) == set()


# Filters


@each(
    ("template", "given"),
    [
        ("{send_at|%Y-%m-%d %H:%M %z}", "2027-10-31 00:30 +0100"),
        ("{now|%H:%M}", "10:00"),
        ("{after|date}", "2027-07-01"),
        ("{first|%Y-%m-%d}", "2027-07-01"),
        ("{first|date}", "2027-07-01"),
        ("{send_at|iso}", "2027-10-30T23:30:00Z"),
        ("{send_at|epoch}", "1824939000"),
        ("{before|%H:%M}", "an id"),
    ],
)
def test_a_time_that_is_written_without_a_zone_is_in_the_providers(
    template: str, given: str
) -> None:
    values = {
        "time_zone": ZoneInfo("Europe/Lisbon"),
        "send_at": datetime(2027, 10, 30, 23, 30, tzinfo=UTC),
        "now": datetime(2027, 7, 1, 9, tzinfo=UTC),
        "after": datetime(2027, 6, 30, 23, 30, tzinfo=UTC),
        "first": datetime(2027, 7, 1, tzinfo=UTC),
        "before": "an id",
    }
    assert render(template, values) == given
    west = values | {"time_zone": ZoneInfo("America/New_York")}
    assert render("{first|date}", west) == "2027-07-01"


def test_a_time_to_send_at_that_the_providers_clock_shows_twice_is_refused() -> None:
    values: dict[str, Any] = {"time_zone": ZoneInfo("Europe/Lisbon")}
    for minutes in (0, 60):
        values["send_at"] = datetime(2027, 10, 31, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
        with pytest.raises(InvalidMessage, match="in an hour that Europe/Lisbon has twice"):
            render("{send_at|%Y-%m-%d %H:%M}", values)
        assert render("{send_at|%H:%M %z}", values) == f"01:30 +0{1 - minutes // 60}00"
        assert render("{send_at|iso}", values) == f"2027-10-31T0{minutes // 60}:30:00Z"


@each(
    ("template", "rendered"),
    [
        ("{recipient|digits|md5}", hashlib.md5(b"12025550123").hexdigest()),
        ("{username|upper|hex}", "41434D45"),
        ("{now|%Y|number}", 2027),
        ("{now|date|hex}", "323032372D30312D3331"),
        ("{recipient|digits} {username|upper}", "12025550123 ACME"),
        ("{now|epoch|number}.", "1801386001."),
    ],
)
def test_filters_follow_one_another(template: Template, rendered: object) -> None:
    assert render(template, VALUES) == rendered


@each(
    ("template", "rendered"),
    [
        ({"md5": "{username}{password}"}, hashlib.md5(b"acmesecret").hexdigest()),
        ({"sha256": "{username}:{now|epoch}"}, hashlib.sha256(b"acme:1801386001").hexdigest()),
        ({"upper": {"md5": "{username}"}}, hashlib.md5(b"acme").hexdigest().upper()),
        ({"number": "{recipient|digits}"}, 12025550123),
        ({"base64": "{username}:{password}"}, "YWNtZTpzZWNyZXQ="),
        ({"md5": "{username}{sender}"}, None),
        ({"lower": CHOICE}, "12025550123"),
        ({"{channels}": {"sms+whatsapp": {"hex": "{username}"}}}, "61636D65"),
        ({"md5": 7}, hashlib.md5(b"7").hexdigest()),
    ],
)
def test_a_filter_may_take_a_whole_template(template: Template, rendered: object) -> None:
    assert render(template, VALUES) == rendered


@given(st.text())
def test_a_value_is_never_taken_for_a_template(value: str) -> None:
    assert render("{text}", {"text": value, "recipient": "x"}) == value
    assert render("<{text}>", {"text": value, "recipient": "x"}) == f"<{value}>"


def test_what_is_written_as_a_number_or_a_bool_stays_one() -> None:
    rendered = [render(constant, {}) for constant in (7, 1.5, True, False, "7", "")]
    assert rendered == [7, 1.5, True, False, "7", ""]
    assert [type(one) for one in rendered] == [int, float, bool, bool, str, str]


# Constants of XML and JSON

EVERY = st.text(st.characters(exclude_categories=["Cs"]))


@given(EVERY)
def test_any_text_comes_out_of_json_as_it_went_in(value: str) -> None:
    template = '{{"to": "{recipient}", "text": "a {text|json}", "n": {segments}}}'
    given_ = render(template, {"recipient": "+12025550123", "text": value, "segments": 1})
    assert json.loads(given_) == {"to": "+12025550123", "text": f"a {value}", "n": 1}


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda character: character >= " " or character in "\t\n\r"
    )
)


@given(XML_TEXT)
def test_any_text_comes_out_of_xml_as_it_went_in(value: str) -> None:
    template = '<m text="{text|xml}"><text>{text|xml}</text></m>'
    read = fromstring(render(template, {"text": value}))
    assert (read.get("text"), read.findtext("text")) == (value, value)


@given(XML_TEXT)
def test_any_text_comes_out_of_xml_in_json_as_it_went_in(value: str) -> None:
    given_ = render('{{"body": "<m>{text|xml|json}</m>"}}', {"text": value})
    assert (fromstring(json.loads(given_)["body"]).text or "") == value


@each("bad", ["\x01", "\x0b", "\ufffe"])
def test_a_character_that_xml_can_not_hold_is_told_without_the_text(bad: str) -> None:
    with pytest.raises(InvalidMessage, match=rf"^a value has U\+{ord(bad):04X}, which XML can't"):
        render("<m>{text|xml}</m>", {"text": f"secret{bad}"})


@each(
    ("template", "given"),
    [
        ("{{", "{"),
        ("}}{{", "}{"),
        ("{{{username}}}", "{acme}"),
        ("{{{{{username}", "{{acme"),
        ('{{"user": "{username}"}}', '{"user": "acme"}'),
        ("{{username", "{username"),
    ],
)
def test_a_doubled_brace_is_itself(template: str, given: str) -> None:
    assert render(template, VALUES) == given


# Choices


@each(
    ("template", "rendered"),
    [
        ({"{channels}": {"sms+whatsapp": "both", "*": "one"}}, "both"),
        ({"{channels}": {"sms": "one", "*": "other"}}, "other"),
        ({"{sender}": {"": "none", "*": "any"}}, "none"),
        ({"{channels}": {"sms+whatsapp": {"{username}": {"acme": 1, "*": 2}}}}, 1),
        ({"{channels}": {"sms+whatsapp": {"{username}": {"*": False}}}}, False),
        ({"{channels}": {"sms+whatsapp": "{sender}"}}, None),
        ({"{recipient|digits}": {"12025550123": "ours"}}, "ours"),
        ({"{unread}": {"true": "new", "false": "all"}}, "all"),
        ({"{options.long}": {"true": "1", "false": "0"}}, "0"),
        ({"{options.encrypt}": {"true": "1", "false": "0"}}, "1"),
        ({"{unread}": {"true": "new"}}, None),
        ({"{keyword}": {"true": "1", "false": "0"}}, None),
        ({"{username}/{password}": {"acme/secret": "both"}}, "both"),
    ],
)
def test_a_choice_is_by_a_value_and_holds_any_template(
    template: Template, rendered: object
) -> None:
    assert render(template, VALUES) == rendered


# Routes


@each(
    ("template", "used"),
    [
        ({"md5": "{username}{password}"}, {"username", "password"}),
        (
            {"md5": {"{channels}": {"sms+whatsapp": "{text}", "*": "{sender}"}}},
            {"channels", "text"},
        ),
        (
            {"{channels}": {"sms+whatsapp": {"{username}": {"*": "{text}"}}}},
            {"channels", "username", "text"},
        ),
        ({"{channels}": {"sms": "1"}}, {"channels"}),
        (7, set()),
    ],
)
def test_needed_are_the_values_of_the_branch_that_is_taken(
    template: Template, used: set[str]
) -> None:
    assert set(required_names(template, VALUES)) == used


def test_names_are_those_of_every_branch_and_filter() -> None:
    template: Template = {"md5": {"{channels}": {"sms": "{text}", "*": {"hex": "{sender}"}}}}
    assert set(names(template)) == {"channels", "text", "sender"}
    assert set(names(7)) == set()


EACH = {"recipients": ["+12025550123", "+447700900123"], "text": "a & b"}


@each(
    ("template", "gives"),
    [
        ("{recipients}", ["+12025550123", "+447700900123"]),
        ("{recipients|digits}", ["12025550123", "447700900123"]),
        ("{recipients|digits|number}", [12025550123, 447700900123]),
        ({"digits": "{recipients}"}, ["12025550123", "447700900123"]),
        ("to:{recipients|digits};", "to:12025550123,447700900123;"),
        ("<to>{recipients}</to>{text|xml}", "<to>+12025550123,+447700900123</to>a &amp; b"),
        (["to:", "{recipients}"], "to:+12025550123,+447700900123"),
        ({"{recipients}": {"*": "several"}}, "several"),
    ],
)
def test_a_value_that_is_several_is_a_list_and_has_commas_within_a_text(
    template: Any, gives: Any
) -> None:
    assert render(template, EACH) == gives
