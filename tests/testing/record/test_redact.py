"""Each secret is a placeholder that plays, wherever it stands."""

from __future__ import annotations

from typing import Any

from smsbridge.testing.record.redact import Redaction, Secrets

from support.each import each
from support.recorded import answered, asked, decoded, exchange


def redacted(*kept: tuple[Any, Any], **given: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    secrets = Secrets(given, configured=[name for name in given if name != "extra"])
    both = [decoded(exchange(request, response)) for request, response in kept]
    for one in both:
        secrets.learn(one)
    redaction = Redaction(secrets)
    return [(redaction.request(one.request), redaction.response(one.response)) for one in both]


def test_a_token_is_minted_where_it_is_given_out_and_then_carried() -> None:
    token = (
        asked("/token", {"grant_type": "x", "client_secret": "s-1234"}),
        answered({"access_token": "tok-77-a1"}),
    )
    send = (asked(form={}, authorization="Bearer tok-77-a1"), answered())
    (one, two) = redacted(token, send, client_secret="s-1234")
    assert one[0]["form"]["client_secret"] == "{secret:client_secret}"
    assert one[1]["json"] == {"access_token": "{mint:token}"}
    assert two[0]["headers"] == {"authorization": "Bearer {minted:token}"}


def test_of_two_tokens_the_last_is_the_one_that_is_carried() -> None:
    def token(word: str) -> tuple[Any, Any]:
        return asked("/token", {"grant_type": "x"}), answered({"access_token": word})

    def send(word: str) -> tuple[Any, Any]:
        return asked(authorization=f"Bearer {word}"), answered()

    shown = redacted(token("tok-77-a1"), token("tok-88-b2"), send("tok-88-b2"), send("tok-77-a1"))
    assert [one[0]["headers"]["authorization"] for one in shown[2:]] == [
        "Bearer {minted:token}",
        "Bearer {capture:token}",
    ]


@each(
    ("form", "shown"),
    [
        ({"apikey": "k-1234"}, {"apikey": "{secret:api_key}"}),
        ({"a": "xk-1234y"}, {"a": "x{secret:api_key}y"}),
        ({"a": "e-12345"}, {"a": "{capture:extra}"}),
        ({"password": "p-9876"}, {"password": "{capture:password}"}),
        (
            {"password": "p-9876", "pwd": "q-5432"},
            {"password": "{capture:password}", "pwd": "{capture:pwd}"},
        ),
        ({"pin": "1", "count": "1"}, {"pin": "{capture:pin}", "count": "1"}),
        ({"token_type": "Bearer", "keyword": "shop"}, {"token_type": "Bearer", "keyword": "shop"}),
        (
            {"to": "+4915112345678", "a": "call 4915112345678"},
            {"to": "+12025550100", "a": "call 12025550100"},
        ),
    ],
)
def test_a_secret_of_a_request_is_what_its_config_or_its_field_calls_it(
    form: dict[str, str], shown: dict[str, str]
) -> None:
    ((request, _),) = redacted((asked(form=form), answered()), api_key="k-1234", extra="e-12345")
    assert request["form"] == shown


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"


@each(
    ("document", "shown"),
    [
        (
            {"a": "https://me-77:p4ss@b.example/c"},
            "https://{capture:user}:{capture:password}@b.example/c",
        ),
        ({"a": f"was {JWT}."}, "was {capture:token_2}."),
        ({"a": "token/tok-77 at /token/tok-77"}, "token/{capture:token} at /token/{capture:token}"),
        ({"a": "the cookie coo-12345"}, "the cookie {capture:session}"),
        ({"a": "the other other-12345"}, "the other {capture:cookie}"),
        ({"a": "English /users/messages"}, "English /users/messages"),
    ],
)
def test_a_secret_is_known_by_its_form_and_by_where_else_it_stood(
    document: dict[str, str], shown: str
) -> None:
    request = asked(
        "/token/tok-77/users/messages",
        document=document,
        cookie="session=coo-12345; lang=English",
    )
    ((found, _),) = redacted((request, answered(set_cookie="x=other-12345; Path=/a/b/c/d")))
    assert found["path"] == "/token/{capture:token}/users/messages"
    assert found["json"]["a"] == shown


def test_a_multipart_form_is_one_that_any_boundary_fits() -> None:
    body = b'--b-1234\r\nContent-Disposition: form-data; name="pwd"\r\n\r\np-9876\r\n--b-1234--\r\n'
    request = asked(body=body, content_type="multipart/form-data; boundary=b-1234")
    ((found, _),) = redacted((request, answered()))
    assert found["text"] == (
        '--{capture:boundary}\r\nContent-Disposition: form-data; name="pwd"\r\n\r\n'
        "{capture:pwd}\r\n--{capture:boundary}--\r\n"
    )


def test_a_number_that_is_the_name_of_a_field_moves() -> None:
    document = {"+4915112345678": {"id": 1}}
    ((request, answer),) = redacted((asked(document=document), answered({"a": [document]})))
    assert request["json"] == {"+12025550100": {"id": 1}}
    assert answer["json"] == {"a": [{"+12025550100": {"id": 1}}]}


def test_what_an_answer_repeats_of_a_request_is_the_same_there() -> None:
    ((_, answer),) = redacted(
        (
            asked(form={"session": "se-1234"}),
            answered({"was": "se-1234", "error": {"key": "no_key"}}),
        )
    )
    assert answer["json"] == {"was": "{capture:session}", "error": {"key": "no_key"}}


def test_numbers_that_are_no_text_move_too() -> None:
    ((request, answer),) = redacted(
        (asked(document={"to": 4915112345678, "n": 3}), answered({"to": ["+4915112345678"]}))
    )
    assert request["json"] == {"to": 12025550100, "n": 3}
    assert answer["json"] == {"to": ["+12025550100"]}


def test_of_basic_credentials_only_the_scheme_is_left() -> None:
    ((request, _),) = redacted((asked(authorization="Basic bWU6cDRzc3cwcmQ="), answered()))
    assert request["headers"] == {"authorization": "Basic {capture:authorization}"}


def test_what_basic_credentials_hold_is_private_everywhere() -> None:
    basic = asked(form={"a": "p4ssw0rd"}, authorization="Basic bWU6cDRzc3cwcmQ=")
    ((request, _),) = redacted((basic, answered()))
    assert request["form"] == {"a": "{capture:password}"}


def test_a_token_that_was_got_before_is_one_that_any_value_fits() -> None:
    ((request, _),) = redacted((asked(authorization="Bearer tok-99-z9"), answered()))
    assert request["headers"] == {"authorization": "Bearer {capture:token}"}
