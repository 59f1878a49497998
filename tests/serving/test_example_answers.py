"""A provider's documented answers, from the examples of the catalogue."""

from __future__ import annotations

from typing import Any

from smsbridge.backends.registry import find
from smsbridge.errors import Reason
from smsbridge.http.exchange import Response
from smsbridge.serving.example_answers import NO_EXAMPLES, ExampleAnswer, ExampleAnswers

from support.each import each

SEEN = ExampleAnswers(
    (
        ExampleAnswer({"error": {"code": 7}}, 401, Reason.AUTHENTICATION),
        ExampleAnswer({"error": {"code": 12}}, 404, Reason.RECIPIENT),
        ExampleAnswer({"error": {"code": 15}}, 422, Reason.CONTENT),
        ExampleAnswer({"ok": True, "id": "x", "number": 1.5}, 201, None),
    )
)


def examples_of(name: str) -> ExampleAnswers:
    kind = find(name)
    keys = kind.protocols["rest"].auth.credentials
    given: dict[str, Any] = {**dict.fromkeys(keys, "x"), "url": "https://old.example"}
    return ExampleAnswers.of(kind(**given))


def test_the_examples_of_a_file_say_how_its_provider_answers() -> None:
    twilio, kannel = examples_of("twilio"), examples_of("kannel")
    assert twilio.status_of_yes() == 201
    assert twilio.status_of_no("code", "20003", Reason.AUTHENTICATION) == 401
    assert twilio.in_its_type("code", "21211") == 21211
    assert kannel.status_of_yes() == 202
    assert kannel.status_of_no("error", "Authorization failed for sendsms", Reason.OTHER) == 403
    assert examples_of("smsmobileapi") == NO_EXAMPLES


@each(
    ("word", "reason", "status"),
    [
        ("15", Reason.OTHER, 422),
        ("13", Reason.CONTENT, 422),
        ("9", Reason.AUTHENTICATION, 401),
        ("9", Reason.QUOTA, 404),
    ],
)
def test_a_refusal_has_the_status_of_its_word_or_of_its_reason(
    word: str, reason: Reason, status: int
) -> None:
    assert SEEN.status_of_no("error.code", word, reason) == status


def test_a_text_is_the_one_that_was_seen_to_say_the_same() -> None:
    plain = Response(status=202, body=b"0: ")
    kannel = examples_of("kannel")
    assert kannel.in_its_text(plain, {"code": "0"}).body == b"0: Accepted for delivery"
    assert kannel.in_its_text(plain, {"code": "4"}) == plain
    assert SEEN.in_its_text(plain, {"error": {"code": 7}}) == plain


def test_no_other_refusal_says_that_the_credentials_are_wrong() -> None:
    assert (
        ExampleAnswers(SEEN.answers[:1]).status_of_no("error.code", "12", Reason.RECIPIENT) == 400
    )
    assert (
        NO_EXAMPLES.status_of_no("error.code", "12", Reason.RECIPIENT)
        == NO_EXAMPLES.status_of_yes()
        == 200
    )


@each(
    ("path", "word", "typed"),
    [
        ("error.code", "12", 12),
        ("error.code", "-3", -3),
        ("error.code", "E12", "E12"),
        ("error.code", "\u0661", "\u0661"),
        ("number", "2", 2),
        ("ok", "false", False),
        ("ok", "1", "1"),
        ("id", "12", "12"),
        ("other", "12", "12"),
        ("other", "false", False),
        ("id", "true", "true"),
    ],
)
def test_a_word_is_a_number_where_one_was_seen(path: str, word: str, typed: Any) -> None:
    assert repr(SEEN.in_its_type(path, word)) == repr(typed)
