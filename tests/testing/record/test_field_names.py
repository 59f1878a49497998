"""What the name of a field says about its value."""

from __future__ import annotations

import time

from smsbridge.testing.record.field_names import (
    is_phone,
    is_secret_header,
    is_secretive,
    is_text,
    named_values,
    placeholder_name,
)

from support.each import each


@each(
    ("name", "is_secret"),
    [
        ("apikey", True),
        ("API-Key", True),
        ("client_secret", True),
        ("userPassword", True),
        ("pwd", True),
        ("user", True),
        ("clientId", True),
        ("signature", True),
        ("token_type", False),
        ("keyword", False),
        ("message", False),
        ("shipping", False),
        ("signed", False),
    ],
)
def test_a_secret_is_known_by_its_name(name: str, is_secret: object) -> None:
    assert is_secretive(name) is is_secret


@each(
    ("name", "is_number"),
    [("recipients", True), ("To", True), ("senderNumber", True), ("total", False), ("id", False)],
)
def test_a_number_is_known_by_its_name(name: str, is_number: object) -> None:
    assert is_phone(name) is is_number


def test_a_header_of_the_protocol_carries_no_credential() -> None:
    assert is_secret_header("X-Api-Key")
    assert is_secret_header("Authorization")
    assert not is_secret_header("User-Agent")
    assert not is_secret_header("Idempotency-Key")


def test_the_text_of_a_message_is_known_by_its_name() -> None:
    assert is_text("message")
    assert not is_text("note")


@each(
    ("name", "shown"),
    [("access_token", "token"), ("apiKey", "api_key"), ("X-API-Key", "x_api_key"), ("é", "secret")],
)
def test_a_placeholder_is_named_by_its_field(name: str, shown: str) -> None:
    assert placeholder_name(name) == shown


@each(
    ("value", "found"),
    [
        ({"a": {"b": ["x", 1, True, None]}}, {("b", "x"), ("b", 1)}),
        ("<s:Pass x='1'>p4ss</s:Pass>", {("Pass", "p4ss"), ("x", "1")}),
        ('{"password": "p4ss"}', {("password", "p4ss")}),
        ("user=me&pass=p4ss", {("user", "me"), ("pass", "p4ss")}),
    ],
)
def test_values_are_named_also_within_a_text(
    value: object, found: set[tuple[str, str | int]]
) -> None:
    assert found <= set(named_values(value))


@each("text", ["0" * 1_000_000, 'name="a" ' * 100_000, '<a name="x"/>' * 80_000])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    before = time.process_time()
    assert sum(1 for _ in named_values(text)) > 0
    assert time.process_time() - before < 20
