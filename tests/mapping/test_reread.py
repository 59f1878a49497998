"""Templates read backwards: the values that a provider reads in a field."""

from __future__ import annotations

from datetime import UTC, datetime

from smsbridge.mapping.reread import readable_names, reread, time_in, values_in
from smsbridge.mapping.template import Template, names, render
from smsbridge.mapping.times import zone_of

from support.each import each

LISBON = zone_of("Europe/Lisbon")

CHOICE: Template = {"{channels}": {"sms+whatsapp": "{recipient|digits}", "*": "no"}}


@each(
    ("template", "word", "found"),
    [
        ("{text}", "x", ("text", "x")),
        ("{text}", "", ("text", "")),
        ("{recipient|digits}", "1", ("recipient", "1")),
        ("tel:{recipient}", "tel:+1", ("recipient", "+1")),
        ("<{text}>", "<x>", ("text", "x")),
        ("<{text}>", "<>", ("text", "")),
        ("a{text}a", "a", None),
        ("tel:{recipient}", "+1", None),
        ("<{text}>", "<x", None),
        ("{sender} {text}", "a b", None),
        ("constant", "constant", None),
        (CHOICE, "1", ("recipient", "1")),
        ({"{failed}": {"phone": "1", "*": "0"}}, "1", ("failed", "phone")),
        ({"{failed}": {"phone": "1", "*": "0"}}, "0", None),
        ({"{unread}": {"true": "yes"}}, "no", None),
        ({"md5": "{text}"}, "1", None),
        (1, "1", None),
    ],
)
def test_a_template_of_one_value_can_be_read_backwards(
    template: Template, word: str, found: tuple[str, str] | None
) -> None:
    assert reread(template, word) == (dict([found]) if found else {})


@each(
    "template",
    [
        "<m><to>{recipient}</to><text>{text|xml}</text></m>",
        "<m to='{recipient}' text='{text|xml}'/>",
        '{{"to": "{recipient}", "text": "{text|json}"}}',
        '[{{"n": {segments}, "to": "{recipient|digits}", "text": "{text|json}"}}]',
    ],
)
def test_xml_and_json_of_several_values_can_be_read_backwards(template: str) -> None:
    values = {"recipient": "12025550123", "text": "<a> & \"b\" 'c' \\d\né", "segments": "2"}
    given = render(template, values)
    assert reread(template, given) == {name: values[name] for name in names(template)}
    assert reread(template, f"{given} ") == {}


def test_an_escaped_value_alone_is_read_backwards_too() -> None:
    assert reread("{text|xml}", "a &lt; b") == {"text": "a < b"}
    assert reread("{text|json}", r"a \" b") == {"text": 'a " b'}
    assert reread("{text|upper|xml}", "A &lt; B") == {"text": "A < B"}


@each(
    "template",
    [
        "{text|base64}",
        "b:{text|base64}",
        "{text|hex}",
        "{text|hex-ucs2}",
        "{text|url}",
        "{text|json|base64}",
        {"base64": "{text}"},
        {"{encoding}": {"gsm-7": "{text|hex}", "ucs-2": "{text|hex-ucs2}"}},
    ],
)
def test_a_text_that_is_written_in_another_way_is_read_as_it_was(template: Template) -> None:
    text = "Crème à 5 € 😀 +%20"
    assert reread(template, str(render(template, {"text": text, "encoding": "gsm-7"}))) == {
        "text": text
    }


@each(
    ("template", "word"),
    [
        ("{text|base64}", "Hello!"),
        ("{text|base64}", "/w=="),
        ("{text|hex}", "Hello"),
        ("{text|hex-ucs2}", "00480"),
        ("{text|hex-ucs2}", "D83D"),
        ("{text|url}", "%FF"),
        ({"hex": "{text}"}, "Hello"),
    ],
)
def test_what_a_filter_never_makes_is_no_value(template: Template, word: str) -> None:
    assert reread(template, word) == {}


@each(
    ("template", "word", "text"),
    [
        ({"upper": "{text}"}, "HELLO", "HELLO"),
        ({"lower": {"hex-ucs2": "{text}"}}, "00480069", "Hi"),
        ("{text|hex-ucs2|lower}", "00480069", "Hi"),
        ("{text|upper|base64}", "SEk=", "HI"),
        ({"base64": "{text|upper}"}, "SEk=", "HI"),
    ],
)
def test_a_case_that_is_lost_is_left_as_it_is(template: Template, word: str, text: str) -> None:
    assert reread(template, word) == {"text": text}
    assert readable_names(template) == {"text"}


@each(
    "template",
    [
        "{text|md5}",
        "{text|sha256|upper}",
        "{text|sha1|base64}",
        {"lower": "{text|base64}"},
        "{text|base64|lower}",
        {"sha1": {"upper": "{text}"}},
        {"upper": "to={text}"},
        {"hmac-sha256": {"key": "{secret}", "of": "{text}"}},
        "{recipient}:{text}",
        ["sms:", {"base64": "{text}"}],
        7,
    ],
)
def test_nothing_is_read_where_the_value_is_lost(template: Template) -> None:
    word = str(render(template, {"text": "Hi", "recipient": "1", "secret": "s"}))
    assert reread(template, word) == {}
    assert readable_names(template) == frozenset()


def test_what_can_be_read_is_known_before_there_is_a_word() -> None:
    assert readable_names("<m to='{recipient}'>{text|xml}{sender|md5}</m>") == frozenset()
    assert readable_names("<m to='{recipient}'><t>{text|xml}</t></m>") == {"recipient", "text"}
    assert readable_names({"{encoding}": {"gsm-7": "{text|md5}", "*": "{text|hex}"}}) == {
        "encoding",
        "text",
    }


@each("names", [("body", "mac"), ("mac", "body")])
def test_of_two_fields_with_a_value_the_one_that_loses_nothing_counts(
    names: tuple[str, str],
) -> None:
    templates: dict[str, Template] = {"body": "{text}", "mac": "{text|upper}"}
    said = {"body": "Hi", "mac": "HI"}
    assert values_in(said, {name: templates[name] for name in names}) == {"text": "Hi"}


def test_lines_of_base64_and_small_letters_of_hex_are_read() -> None:
    assert reread("{text|base64}", "SGVs\r\nbG8=\r\n") == {"text": "Hello"}
    assert reread("{text|hex-ucs2}", "004800e9") == {"text": "Hé"}
    assert reread("{text|json}", 'no "JSON') == {"text": 'no "JSON'}


def test_a_value_that_is_several_has_commas_between() -> None:
    read = reread("to:{recipients};", "to:+12025550123,+447700900123;")
    assert render("{recipients|digits}", read) == ["12025550123", "447700900123"]


@each(
    ("fields", "text"),
    [
        ({"coding": "2", "text": "00480065"}, "He"),
        ({"coding": "0", "text": "00480065"}, "00480065"),
        ({"coding": "2", "text": "Hello"}, "Hello"),
    ],
)
def test_one_field_tells_how_another_is_written(fields: dict[str, str], text: str) -> None:
    by_encoding: dict[str, Template] = {
        "text": {"{encoding}": {"gsm-7": "{text}", "ucs-2": "{text|hex-ucs2}"}},
        "coding": {"{encoding}": {"gsm-7": "0", "ucs-2": "2"}},
    }
    assert values_in(fields, by_encoding)["text"] == text


@each(
    ("places", "fields"),
    [
        ({"at": "{send_at|%d.%m.%Y %H:%M}"}, {"at": "10.07.2027 10:00"}),
        ({"at": "{send_at|%d%m%y%H%M}"}, {"at": "1007271000"}),
        ({"at": "{send_at|%y%m%d%H%M}"}, {"at": "2707101000"}),
        ({"at": "{send_at|%d%m%y%H%M%z}"}, {"at": "1007270900+0000"}),
        ({"at": "100% {send_at|%d/%m/%Y} at {send_at|%H.%M}"}, {"at": "100% 10/07/2027 at 10.00"}),
        (
            {"day": "{send_at|%d/%m/%Y}", "hour": "{send_at|%H:%M}"},
            {"day": "10/07/2027", "hour": "10:00"},
        ),
        ({"at": "{send_at}"}, {"at": "2027-07-10 10:00"}),
        ({"at": "{send_at|iso}"}, {"at": "2027-07-10T09:00:00Z"}),
        ({"at": "{send_at|epoch|number}"}, {"at": 1815210000}),
        (
            {"later": {"{send_at}": {"": "0", "*": "1"}}, "at": "{send_at|%d.%m.%y %H:%M}"},
            {"later": "1", "at": "10.07.27 10:00"},
        ),
    ],
)
def test_a_time_is_read_in_the_form_in_which_its_table_writes_it(
    places: dict[str, Template], fields: dict[str, object]
) -> None:
    said = time_in(fields, places, "send_at")
    assert said is not None
    found = said.read(LISBON)
    assert found is not None
    assert found.time == datetime(2027, 7, 10, 9, tzinfo=UTC)


@each(
    ("places", "fields"),
    [
        ({"at": "{send_at|%d.%m.%Y %H:%M}"}, {"at": "tomorrow"}),
        ({"at": "{send_at|%d%m%y%H%M}"}, {"at": "0"}),
        ({"day": "{send_at|%d/%m/%Y}", "hour": "{send_at|%H:%M}"}, {"hour": "10:00"}),
    ],
)
def test_a_time_that_can_t_be_read_is_said_and_is_none(
    places: dict[str, Template], fields: dict[str, object]
) -> None:
    said = time_in(fields, places, "send_at")
    assert said is not None
    assert said.read(LISBON) is None


@each("fields", [{}, {"at": ""}, {"at": None}, {"other": "10.07.2027 10:00"}])
def test_a_call_may_say_no_time(fields: dict[str, object]) -> None:
    assert time_in(fields, {"at": "{send_at|%d.%m.%Y %H:%M}", "other": "{text}"}, "send_at") is None
