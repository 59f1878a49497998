"""A template that could not be filled is told of, with what is near."""

from __future__ import annotations

from typing import Any

from smsbridge.mapping.template import TIMES, Template
from smsbridge.mapping.template_check import route_trouble, trouble

from support.each import each

KNOWN = {
    *("recipient", "text", "channels", "send_at", "options.encrypt", "username", "password"),
    *("uuid", "segments", "unread", *TIMES),
}
CHOICE: Template = {"{channels}": {"sms+whatsapp": "{recipient|digits}", "*": "no"}}


@each(
    "template",
    [
        "",
        "constant",
        7,
        1.5,
        True,
        "{text}",
        "{text|digits|md5}",
        "a {text} b {now|%Y-%m-%d}",
        "{now|epoch|md5}",
        CHOICE,
        {"md5": "{username}{password}"},
        {"md5": CHOICE},
        {"{channels}": {"sms": {"md5": "{text}"}, "*": 1}},
        *("{" + time + "|iso}" for time in TIMES),
        "{{",
        "{{}}",
        "{{{text}}}",
        "<{text}>",
        "[{text}]",
        "{text} <STOP>",
        "a < {text} > b",
        "<m>fixed</m>",
        '{{"fixed": [1, "{{"]}}',
        "<m><to>{recipient}</to><text>{text|xml}</text></m>",
        "<m><to>{recipient|digits}</to><at>{send_at|%d.%m.%Y}</at><id>{uuid}</id></m>",
        "<m text='{text|base64}'/>",
        "<m><![CDATA[{recipient|digits}]]></m>",
        '{{"to": "{recipient}", "text": "{text|json}", "n": {segments}, "at": {now|epoch}}}',
        '{{"to": [{recipient|digits|number}], "long": {unread}}}',
        '{{"md5": "{password|md5}", "hex": "{text|hex-ucs2|lower}"}}',
        '[{{"text": "{text|text|json}"}}]',
        '{{"body": "<m>{text|xml|json}</m>"}}',
        '<m>{{"text": "{text|json|xml}"}}</m>',
        {"base64": "<m>{text|xml}</m>"},
    ],
)
def test_a_template_has_no_fault(template: Template) -> None:
    assert trouble(template) is None
    assert trouble(template, KNOWN) is None


@each(
    ("template", "says"),
    [
        ("{text|digit}", "there is no filter 'digit'; did you mean 'digits'?"),
        ("{text|md6|digits}", "there is no filter 'md6'; did you mean 'md5'?"),
        ("{text|DIGITS}", "there is no filter 'DIGITS'"),
        ("{recipent}", "there is no value {recipent}; did you mean 'recipient'?"),
        ("{text} {nowhere}", "there is no value {nowhere}"),
        ({"md5": "{usrname}"}, "there is no value {usrname}; did you mean 'username'?"),
        ({"{chanels}": {"*": "1"}}, "there is no value {chanels}; did you mean 'channels'?"),
        ({"{channels}": {"sms": "{txt}"}}, "there is no value {txt}; did you mean 'text'?"),
        ({"{channels}": {"sms": {"{channels}": {"*": "{txt}"}}}}, "there is no value {txt}"),
        ("{text", "'{text': braces hold a value and its filters, such as {recipient|digits}"),
        ("text}", "braces hold a value"),
        ("{}", "braces hold a value"),
        ("{Text}", "braces hold a value"),
        ("{ text }", "braces hold a value"),
        ("{text|}", "braces hold a value"),
        ("{text||md5}", "braces hold a value"),
        ("{{text}}", "braces hold a value"),
        ('{"a": "{text}"}', "braces hold a value"),
        ({"md5": "{text"}, "braces hold a value"),
        ("{{text|digits}}", "braces hold a value"),
        ("a {{text}} b", "write {{ for a literal brace"),
        ("{{text}", "braces hold a value"),
        ('{{"a": "{text}"}', "braces hold a value"),
        (
            "<m><to>{recipient}</to><text>{text}</text></m>",
            "{text} would break the XML around it: write {text|xml}",
        ),
        ("<m text='{text|upper}'/>", "write {text|upper|xml}"),
        ("<?xml version='1.0'?><m>{text|json}</m>", "write {text|json|xml}"),
        ("{recipient}</to><m>{text}", "write {text|xml}"),
        ("<m>{text|xml|upper}</m>", "write {text|xml|upper|xml}"),
        ("<m>{before|iso}</m>", "write {before|iso|xml}"),
        ("<m><![CDATA[{text|xml}]]></m>", "{text|xml} is in CDATA, where nothing can be escaped"),
        ('{{"a": "{text}"}}', "{text} would break the JSON around it: write {text|json}"),
        ('[{{"a": "{password|xml}"}}]', "write {password|xml|json}"),
        ('["{text}"]', "write {text|json}"),
        ('{{"a": {text|json}}}', "{text|json} has no quotes around it"),
        ('{{"a": {recipient|digits}}}', "has no quotes around it"),
        ('{{"body": "<m>{text|json}</m>"}}', "{text} would break the XML around it"),
        ({"base64": "<m>{text}</m>"}, "write {text|xml}"),
        ({"{channels}": {"sms": "<m>{text}</m>"}}, "write {text|xml}"),
        ("{text|epoch}", f"the filter 'epoch' is for a time: {', '.join(TIMES)}"),
        ("{text|%Y}", "the filter '%Y' is for a time"),
        ("{recipient|digits|iso}", "the filter 'iso' is for a time"),
        ("{now|md5|epoch}", "the filter 'epoch' is for a time"),
        ("{now|iso|%Y}", "the filter '%Y' is for a time"),
        (
            {"epoch": "{now}"},
            "'epoch' is neither a filter nor a value such as {channels}",
        ),
        ({"md6": "{text}"}, "'md6' is neither a filter nor a value"),
        ({"channels": {"sms": "1"}}, "'channels' is neither a filter nor a value"),
        ({}, "a choice has one key: the value that it depends on"),
        ({"{channels}": {"*": 1}, "md5": "{text}"}, "a choice has one key"),
        ({"{channels}": "1"}, "a choice needs a template for each word"),
        (["a", None], "give text, a number"),
        ({"hmac-sha256": "{text}"}, "hmac-sha256 takes key, of and as: { key ="),
        ({"hmac-sha256": {"key": "k"}}, "hmac-sha256 takes key, of and as"),
        (
            {"hmac-sha1": {"key": "k", "of": "x", "as": "b64"}},
            "as: there is no 'b64'; did you mean",
        ),
        ({"hmac-md5": {"key": "k", "of": None}}, "give text, a number"),
        (
            {"{channels}": {"sms": None}},
            "give text, a number, true or false, a choice, a filter or a list",
        ),
        ({"{channels}": {"sms": [None]}}, "give text, a number, true or false"),
        ({"md5": None}, "give text, a number, true or false"),
        (None, "give text, a number, true or false"),
        ([], "a list has parts, which stand one after the other"),
    ],
)
def test_what_is_no_template_is_told_with_what_is_near(template: Any, says: str) -> None:
    assert says in str(trouble(template, KNOWN))


def test_a_value_is_looked_for_only_where_the_values_are_known() -> None:
    assert trouble("{nowhere}") is None


def test_a_route_has_no_brace_of_its_own() -> None:
    assert route_trouble("GET /{id}{recipient}") is None
    assert "write %7B for {" in str(route_trouble("GET /?filter={{{id}}}"))
    assert "there is no filter" in str(route_trouble("GET /{id|x}"))
