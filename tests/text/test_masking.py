"""What hides in a text what nobody may see. Over real sockets: test_canary.py."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge.text.masking import (
    HIDDEN,
    LONGEST_CODE,
    codes_alone,
    finder,
    masker,
    public_address,
    public_name,
    public_variable,
)

from support.each import each

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=HIDDEN), min_size=4)
VALUE = 'b/c "d"+ü<&\'😀'
FORMS = [
    VALUE,
    VALUE.upper(),
    quote(VALUE),
    quote(VALUE, safe=""),
    quote(VALUE, safe="").lower(),
    quote(quote(VALUE, safe=""), safe=""),
    quote_plus(VALUE),
    quote_plus(quote_plus(VALUE)),
    json.dumps(VALUE)[1:-1],
    json.dumps(VALUE, ensure_ascii=False)[1:-1],
    json.dumps(VALUE)[1:-1].replace("/", r"\/"),
    html.escape(VALUE),
    html.escape(VALUE, quote=False),
    html.escape(VALUE).replace("&#x27;", "&apos;"),
    "".join(f"&#{ord(char)};" if not char.isalnum() or char > "~" else char for char in VALUE),
    VALUE.encode().hex(),
    VALUE.encode().hex().upper(),
    VALUE.encode("utf-16-be").hex().upper(),
    base64.b64encode(VALUE.encode()).decode(),
]


def test_a_value_is_hidden_wherever_it_stands_and_as_often() -> None:
    mask = masker(["canary"])
    assert mask("a canary, canary'CANARY") == "a •••, •••'•••"
    assert mask("nothing") == "nothing"


@each("shown", FORMS)
def test_a_value_is_hidden_in_any_form(shown: str) -> None:
    assert masker([VALUE])(f"a {shown} e") == "a ••• e"


@each("user", ["", "u", "us", "use", "user"])
@each("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_what_holds_a_value_in_base64_is_hidden_whole(user: str, encode: object) -> None:
    header = encode(f"{user}:canary-~?~?key:more".encode()).decode()  # type: ignore[operator]  # either of two
    assert masker(["canary-~?~?key"])(f"Basic {header} e") == "Basic ••• e"


@given(st.lists(TEXT, max_size=4), st.text(max_size=20))
def test_no_value_of_four_characters_is_left(private: list[str], said: str) -> None:
    masked = masker(private)(f"{said}{' '.join(private)}{quote_plus(''.join(private))}")
    assert [value for value in private if value in masked] == []


def test_a_short_value_would_hide_too_much() -> None:
    assert masker(["key", "1", "", "a"])("the key 1 a") == "the key 1 a"
    assert masker(["keys"])("the keys") == "the •••"


def test_the_longer_of_two_is_hidden_first() -> None:
    assert masker(["canary", "canary-key"])("canary-key canary") == "••• •••"


def test_a_value_at_the_end_of_what_is_shown_leaves_no_part_of_itself() -> None:
    masked = masker(["canary-secret"])("." * 4090 + "canary-secret" * 10)
    assert masked == "." * 4090 + HIDDEN + "…"


@pytest.mark.timeout(30)  # of a search that takes quadratic time this would be hours
@each("private", [["canary-secret"], ["canary-secret"] * 9, ["s" * 1_000_000]])
@each("word", ["x", "canary-secret ", "canary-secre", "QUJD", "%25"])
def test_eight_megabytes_are_masked_at_once(private: list[str], word: str) -> None:
    said = word * (8_000_000 // len(word))
    for shown in (masker(private)(said), codes_alone(private)(said)):
        assert not any(secret in shown for secret in private)


@pytest.mark.timeout(30)
@pytest.mark.full
def test_a_code_is_looked_for_at_once_in_a_text_of_eight_megabytes() -> None:
    text = "abcdefghij" * 800_000
    assert codes_alone([text])("a" * LONGEST_CODE) == "a" * LONGEST_CODE
    assert HIDDEN in codes_alone([text])("x_cdefghij")


@each(
    "said",
    [
        lambda value: f"a {value} z",
        quote,
        lambda value: json.dumps({"k": value}),
        html.escape,
        lambda value: base64.b64encode(f"u:{value}".encode()).decode(),
        lambda value: base64.b64encode(f"us:{value}:z".encode()).decode(),
        lambda value: base64.b64encode(f"usr:{value}".encode()).decode(),
    ],
)
def test_a_value_is_found_by_its_name_in_any_form(said: Callable[[str], str]) -> None:
    find = finder({"key": "c4nary+key/&<é", "other": "another-value"})
    assert find(said("c4nary+key/&<é")) == ["key"]
    assert find(said("nothing of it")) == []


# --- of a provider's words, codes


@each("code", ["12", "invalid_client", "soap:Client.NoCredit", "E-100234", "-1"])
def test_a_short_code_is_shown(code: str) -> None:
    assert codes_alone(["canary-secret", "+12025550123", "Hello you"])(code) == code


@each(
    "word",
    [
        "the number is blocked",
        "a" * (LONGEST_CODE + 1),
        "12025550123",
        "+12025550123",
        "1-202-555-0123",
        "20:25.55:01-23",
        "1202555",
        "<b>",
        "нет",
        "a\nb",
    ],
)
def test_what_is_no_short_code_is_told_by_its_length(word: str) -> None:
    assert codes_alone()(word) == f"{HIDDEN} (a text of length {len(word)})"


def test_nothing_said_is_nothing_shown() -> None:
    assert codes_alone()("") == ""


SECRET, NUMBER, SAID = "sEcReT-93f1", "+447700900123", "Meet me at the old harbour"


@each(
    "word",
    [
        SECRET,
        SECRET.upper(),
        f"key:{SECRET}.",
        SECRET[:8],
        SECRET[3:],
        f"x{SECRET[2:10]}y",
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
        base64.b64encode(f"acme:{SECRET}".encode()).decode().rstrip("="),
        "Meet",
        "harbour",
        "HARBOUR",
        base64.b64encode(NUMBER.encode()).decode().rstrip("="),
        base64.b64encode(NUMBER[1:].encode()).decode().rstrip("="),
        base64.b64encode(NUMBER[3:].encode()).decode().rstrip("="),
    ],
)
def test_a_code_that_is_a_part_of_a_value_or_holds_one_is_not_shown(word: str) -> None:
    assert HIDDEN in codes_alone([SECRET, NUMBER, SAID])(word)


def test_a_word_that_a_table_names_is_shown_whatever_it_is() -> None:
    show = codes_alone([SAID], known={"the number is blocked", "harbour"})
    assert show("the number is blocked") == "the number is blocked"
    assert show("harbour") == "harbour"
    assert HIDDEN in show("The number is blocked")


# --- names of a config, and addresses


@each(
    "name",
    [
        *("production", "mock-oauth", "SMS_API_KEY", "smsmobileapi", "acme_sms.backend:AcmeSms"),
        *("missing", "key.txt", "/run/secrets/sms_key", "../key", "backup2", "first block"),
    ],
)
def test_a_name_of_a_config_is_shown(name: str) -> None:
    assert public_name(name) == name


KEYS = [
    "sk_live_51H8xYz2eZvKYlo2C",
    "9f86d081884c7d659a2feaa0c55ad015",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "2f1b-77aa-93f1-0c1d",
    "p4ssw0rd!",
    "+12025550123",
    "a" * 99,
    "-" * 79 + "!",
    "a-" * 39 + "!",
    "",
]


@each("key", KEYS)
def test_what_may_be_a_key_in_the_place_of_a_name_is_not_shown(key: str) -> None:
    assert public_name(key) == public_variable(key) == f"{HIDDEN} (a name of length {len(key)})"


def test_of_variables_only_what_is_written_as_one_is_shown() -> None:
    assert [public_variable(name) for name in ("SMS_KEY", "VENDOR", "_X2")] == [
        "SMS_KEY",
        "VENDOR",
        "_X2",
    ]
    assert HIDDEN in public_variable("letmein")


@each(
    ("address", "shown"),
    [
        ("https://h.example/s?wsdl", "https://h.example/s?wsdl"),
        ("https://h.example/s?WSDL", "https://h.example/s?WSDL"),
        ("https://h.example/s?xsd=xsd0", "https://h.example/s?xsd=xsd0"),
        (
            "https://h.example/s?wsdl=../a.wsdl&document=1",
            "https://h.example/s?wsdl=../a.wsdl&document=1",
        ),
        ("https://h.example/s?wsdl&apikey=canary", "https://h.example/s?wsdl&•••"),
        ("https://h.example/s?canary", "https://h.example/s?•••"),
        ("https://canary:canary@h.example:8443/s?wsdl#canary", "https://h.example:8443/s?wsdl"),
        ("https://[canary", "•••"),
    ],
)
def test_an_address_is_shown_without_what_may_be_a_key(address: str, shown: str) -> None:
    assert public_address(address) == shown
    assert public_address(shown) == shown


def test_a_text_is_shown_as_far_as_is_asked_for() -> None:
    long = "x" * 10_000 + "secret-1" + "y" * 10
    assert masker(["secret-1"], len(long))(long) == "x" * 10_000 + "•••" + "y" * 10
    assert masker(["secret-1"], 10_004)(long) == "x" * 10_000 + "•••…"
