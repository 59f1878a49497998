"""Templates read backwards: the values that a provider reads in a field."""

from __future__ import annotations

from smsbridge.mapping.reread import reread
from smsbridge.mapping.template import Template, names, render

from support.each import each

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
    assert reread("{text|json|base64}", "YQ==") == {"text": "YQ=="}
    assert reread("{text|json}", 'no "JSON') == {"text": 'no "JSON'}


def test_a_value_that_is_several_has_commas_between() -> None:
    read = reread("to:{recipients};", "to:+12025550123,+447700900123;")
    assert render("{recipients|digits}", read) == ["12025550123", "447700900123"]
