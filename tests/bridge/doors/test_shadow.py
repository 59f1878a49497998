"""How two backends would send one message: the differences by field, without number or text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smsbridge import Backend, Channel, ConfigError, Message
from smsbridge.backends.failover import Failover
from smsbridge.bridge.doors.shadow import FieldDifference, Shadow, ShadowComparison, check_shadow
from smsbridge.config.load import from_mapping

from support.blocks import rest
from support.each import each

NUMBER = "+12025550123"
LIMITS = Path(__file__).parents[2] / "contracts" / "limits.wsdl"
ACCEPTED = 'accepted = { when = { a = "1" } }'


def block(fields: str = "", to: str = "{recipient}", body: str = "{text}") -> Backend:
    """Return a REST block whose fields have a number, a text, and more."""
    own = f'to = "{to}", body = "{body}"{fields}'
    return rest(f'[send]\nroute = "POST /sms"\nfields = {{ {own} }}\n{ACCEPTED}')


def message(text: str = "Hello", **more: Any) -> Message:
    return Message(recipient=NUMBER, text=text, reference="r-1", **more)


def compare(shadow: Backend, given: Message, to: Backend | None = None) -> ShadowComparison:
    full = block(', from = "{sender}", ref = "{reference}"')
    return Shadow.of(("new", to or full), ("other", shadow)).compare(given)


def told(shadow: Backend, given: Message, to: Backend | None = None) -> dict[str, str]:
    found = compare(shadow, given, to)
    assert found.why == ""
    return {one.field: one.what for one in found.differences}


PLAIN = block()
FULL = block(', from = "{sender}", ref = "{reference}"')


def test_what_is_the_same_has_no_difference() -> None:
    assert told(FULL, message(sender="ACME")) == {}


@each(
    ("to", "what"),
    [
        ("{recipient|digits}", "without + instead of with +"),
        ("00{recipient|digits}", "with 00 instead of with +"),
        ("{recipient|national}", "in national form instead of with +"),
        ("tel:{recipient}", "as tel:+… instead of with +"),
    ],
)
def test_a_number_is_dialled_in_another_form(to: str, what: str) -> None:
    assert told(block(to=to), message(), PLAIN) == {"recipient": what}


@each(
    ("body", "text", "found"),
    [
        ("{text|hex-ucs2}", "Grüße", {}),
        ("{text|lower}", "Hello", {"text": "different letter case"}),
        ("ACME: {text}", "Hello", {"text": "a different one"}),
    ],
)
def test_a_text_is_compared_as_it_is_read(body: str, text: str, found: dict[str, str]) -> None:
    assert told(block(body=body), message(text), PLAIN) == found


def test_what_happens_to_a_text_may_need_more_segments() -> None:
    found = told(block(body="{text|upper}"), message("à" * 100), PLAIN)
    assert found == {
        "text": "different letter case",
        "encoding": "ucs-2 instead of gsm-7",
        "segments": "2 instead of 1",
    }


def test_a_sender_and_a_reference_that_have_no_field_are_named() -> None:
    found = told(PLAIN, message(sender="ACME"))
    assert found == {
        "sender": "can't be carried: gate over rest can't carry sender by sms; "
        "its block has no table or field for it",
        "reference": "omitted, so a log can't identify the message",
    }


def test_a_sender_is_compared_as_it_is_or_as_a_number_in_its_form() -> None:
    upper = block(', from = "{sender|upper}", ref = "{reference}"')
    assert told(upper, message(sender="Acme")) == {"sender": "a different one"}
    digits = block(', from = "{sender|digits}", ref = "{reference}"')
    assert told(digits, message(sender="+12025550100")) == {"sender": "without + instead of with +"}


def test_a_sender_that_a_block_adds_is_a_difference() -> None:
    own = rest(
        f"""values = {{ sender = "SHOP" }}
[send]
route = "POST /sms"
fields = {{ to = "{{recipient}}", body = "{{text}}", from = "{{sender}}" }}
{ACCEPTED}"""
    )
    assert told(own, message(), PLAIN) == {"sender": "set by the block instead of none"}


def test_a_channel_that_the_shadow_lacks_is_named_and_the_rest_is_compared() -> None:
    to = from_mapping({"backend": "smsmobileapi", "api_key": "k"})
    given = message(channels=frozenset({Channel.WHATSAPP}))
    found = told(PLAIN, given, to)
    assert found["channels"].startswith("can't be carried: ")
    assert found["recipient"] == "with + instead of without +"


def test_what_the_wsdl_of_a_shadow_does_not_allow_is_blamed_on_its_field() -> None:
    fields = {"to": "{recipient}", "text": "{text}", "encoding": "GSM7", "priority": "low"}
    fields["sender"] = "{sender}"
    send = {"operation": "Send", "fields": fields, "accepted": {"when": {"messageId": "*"}}}
    keys = {"backend": "soap", "wsdl": str(LIMITS), "send": send}
    limits = from_mapping(keys, name="limits")
    long = told(limits, message("x" * 200, sender="ACME"))
    assert list(long) == ["text"]
    assert "exceeds the allowed maximum length of '160'" in long["text"]
    assert "200" not in long["text"]
    assert list(told(limits, message())) == ["sender"]
    assert list(told(limits, message(sender="A NAME THAT IS TOO LONG"))) == ["message"]
    control = told(limits, message("a\x0b", sender="ACME"))
    assert control["text"].startswith("can't be carried: text has U+000B: XML")


def test_what_the_first_backend_refuses_is_not_compared() -> None:
    found = compare(FULL, message(sender="ACME"), PLAIN)
    assert found.why.startswith("new: gate over rest can't carry sender")


def test_a_shadow_that_fails_is_told_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = block()

    def fail(*_: object) -> None:
        raise KeyError(NUMBER)

    monkeypatch.setattr(type(shadow), "send", fail)
    assert compare(shadow, message()).why == "other fails with KeyError"


def test_an_error_of_a_plug_in_shows_no_number_and_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = block()

    def fail(_: object, given: Message, *__: object) -> None:
        raise ConfigError(f"{given.text} to {given.recipient} from {given.sender}")

    monkeypatch.setattr(type(shadow), "send", fail)
    found = told(shadow, message("A secret text", sender="ACME"))
    assert found == {"message": "can't be carried: … to … from …"}


def test_a_failover_is_what_its_first_member_would_send() -> None:
    members: dict[str, Backend] = {"a": block(to="{recipient|digits}"), "b": FULL}
    both = Failover(backends=members)
    assert told(both, message(), PLAIN) == {"recipient": "without + instead of with +"}
    assert told(both, message(sender="ACME")) == {}
    assert told(PLAIN, message(), both) == {"recipient": "with + instead of without +"}


def test_a_difference_is_equal_to_another_of_its_kind() -> None:
    first, second = (compare(PLAIN, message(text)) for text in ("One", "Two"))
    assert first.differences == second.differences
    assert isinstance(first.differences[0], FieldDifference)


@each(
    ("backend", "why"),
    [
        ({"backend": "memory"}, "memory has no table from which to build a request"),
        ({"backend": "console"}, "console has no table"),
        (
            {"backend": "smsmobileapi", "api_key": "k", "wsdl": "https://sms.example/?wsdl"}
            | {"protocol": "soap"},
            "the WSDL of smsmobileapi is at a URL",
        ),
    ],
)
def test_a_backend_of_which_nothing_is_known_can_not_be_compared(
    backend: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        check_shadow(from_mapping(backend))


def test_each_member_of_a_failover_must_have_a_table() -> None:
    check_shadow(Failover(backends={"a": PLAIN, "b": FULL}))
    with pytest.raises(ConfigError, match="memory has no table"):
        check_shadow(Failover(backends={"a": PLAIN, "b": from_mapping({"backend": "memory"})}))
