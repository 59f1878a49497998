"""Any REST service by a block of config: what goes over the wire, and what comes back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from lxml import etree

from smsbridge import (
    AuthenticationFailed,
    Backend,
    Client,
    ConfigError,
    InvalidMessage,
    Message,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    Status,
    Submission,
    Unsupported,
)
from smsbridge.backends.tables.rest import RestBlock
from smsbridge.config.load import from_file, from_mapping
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.serving.rest import json_response
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.testing.mock.transport import InProcess

from support.blocks import (
    MESSAGE,
    NOW,
    REST_SEND,
    SOAP_SEND,
    document,
    form,
    json_of,
    rest,
    sent,
    session,
    soap,
    talk,
)
from support.each import each

EXAMPLE = Path(__file__).parents[3] / "docs/examples/smsbridge.toml"


def with_fields(fields: str, head: str = "") -> Backend:
    """Return a backend whose send has more fields."""
    return rest(head + REST_SEND.replace('body = "{text}"', f'body = "{{text}}", {fields}'))


# --- a send


def test_a_route_gets_the_fields_as_json() -> None:
    request = sent(rest(REST_SEND))
    assert (request.method, request.url) == ("POST", "https://gate.example/sms")
    assert request.header("content-type") == "application/json"
    assert json_of(request) == {"to": "+12025550123", "body": "Hello"}


def test_or_as_a_form() -> None:
    request = sent(rest(f'body = "form"\n{REST_SEND}'))
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert form(request) == {"to": "+12025550123", "body": "Hello"}


def test_or_in_the_query() -> None:
    request = sent(rest(REST_SEND.replace("POST /sms", "GET /sms?v=2")))
    assert request.path == "/sms"
    assert dict(parse_qsl(request.query)) == {"v": "2", "to": "+12025550123", "body": "Hello"}
    assert request.body == b""


@each("method", ["POST", "PUT", "PATCH"])
def test_a_route_says_its_method(method: str) -> None:
    request = sent(rest(REST_SEND.replace("POST", method)))
    assert request.method == method
    assert json_of(request)["to"] == "+12025550123"


def test_a_route_holds_values_percent_encoded() -> None:
    backend = rest(REST_SEND.replace("POST /sms", "POST /{recipient}/sms/{reference}"))
    message = Message(recipient="+12025550123", text="x", reference="a/b?c d")
    assert sent(backend, message).url == "https://gate.example/%2B12025550123/sms/a%2Fb%3Fc%20d"


def test_a_route_without_its_value_is_refused_before_any_io() -> None:
    backend = rest(REST_SEND.replace("POST /sms", "POST /{sender}/sms"))
    with pytest.raises(InvalidMessage, match="sender is missing"):
        sent(backend)


def test_paths_are_nested_in_json_and_flat_in_a_form() -> None:
    fields = '"a.b" = "1", "a.c[0].d" = "2"'
    assert json_of(sent(with_fields(fields)))["a"] == {"b": "1", "c": [{"d": "2"}]}
    flat = form(sent(with_fields(fields, 'body = "form"\n')))
    assert {"a.b": "1", "a.c[0].d": "2"}.items() <= flat.items()


LIST = """
[send]
route = "POST /sms"
fields = { "#list[0].to" = "{recipient}", "#list[0].body" = "{text}", "#list[0].from" = "{sender}" }
accepted = { when = { "#list[0].code" = "0" }, id = "#list[0].id" }
"""


def test_a_body_of_json_may_be_a_list() -> None:
    end, (request,) = talk(
        rest(LIST).send(MESSAGE, session()), json_response(200, [{"code": 0, "id": "7"}])
    )
    assert json_of(request) == [{"to": "+12025550123", "body": "Hello"}]  # type: ignore[comparison-overlap]  # a list
    assert (type(end), end.id) == (Submission, "7")


def test_the_mock_reads_a_body_that_is_a_list() -> None:
    provider = Provider(rest(LIST))
    client = Client(provider.backend, transport=InProcess(provider))
    assert client.send("+12025550123", "Hello").id
    assert [(one.recipient, one.text) for one in provider.messages] == [("+12025550123", "Hello")]


@each(
    ("old", "new", "says"),
    [
        ('"#list[0].to"', '"#list.to"', "#list.to needs an index, such as #list[0].to"),
        ('"#list[0].to"', '"#list"', "#list"),
        (
            '"#list[0].from"',
            "origin",
            "origin: #list is the whole body, so every field must be in it",
        ),
        ("POST /sms", "GET /sms", "a form and a query can't be a list; only JSON can"),
        ("\n[send]", '\nbody = "form"\n[send]', "a form and a query can't be a list"),
        (
            "\n[send]",
            '\nauth = { type = "fields", k = "x", fields = { k = "{k}" } }\n[send]',
            "auth.fields: k: #list is the whole body",
        ),
    ],
)
def test_a_list_that_can_not_be_the_body_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        rest(LIST.replace(old, new))
    assert says in str(refused.value)


@each(
    ("choice", "message", "body"),
    [
        ('"{encoding}" = { gsm-7 = "{text}", ucs-2 = "{text|hex-ucs2}" }', "Hello", "Hello"),
        ('"{encoding}" = { gsm-7 = "{text}", ucs-2 = "{text|hex-ucs2}" }', "ж", "0436"),
        ('"{encoding}" = { gsm-7 = "{text}" }', "Hello", "Hello"),
        ('"{segments}" = { 1 = "{text}", 2 = "long: {text}" }', "Hello", "Hello"),
        ('"{channels}" = { sms = "{text}", whatsapp = "{text}" }', "Hello", "Hello"),
    ],
)
def test_a_choice_that_has_the_word_of_a_message_carries_its_text(
    choice: str, message: str, body: str
) -> None:
    backend = rest(REST_SEND.replace('body = "{text}"', f"body = {{ {choice} }}"))
    assert json_of(sent(backend, replace(MESSAGE, text=message)))["body"] == body


def test_a_text_in_an_encoding_that_a_choice_lacks_is_refused_before_any_io() -> None:
    choice = 'body = { "{encoding}" = { gsm-7 = "{text}" } }'
    backend = rest(REST_SEND.replace('body = "{text}"', choice))
    with pytest.raises(Unsupported, match=r"can't carry text in ucs-2; it can in another encoding"):
        sent(backend, replace(MESSAGE, text="ж"))


XML_SEND = """
[send]
route = "POST /sms"
fields = { xml = "<m user='{user|xml}'><to>{recipient}</to><text>{text|xml}</text></m>" }
accepted = { when = { code = "0" }, id = "id" }
"""
USER = 'auth = { type = "fields", user = "a&b" }\n'


def test_a_constant_may_be_xml_with_values_in_it_and_the_mock_reads_them() -> None:
    message = replace(MESSAGE, text="1 < 2 & 'x'")
    backend = rest(f'body = "form"\n{USER}{XML_SEND}')
    read = etree.fromstring(form(sent(backend, message))["xml"])
    told = (read.get("user"), read.findtext("to"), read.findtext("text"))
    assert told == ("a&b", message.recipient, message.text)
    provider = Provider(backend)
    Client(backend, transport=InProcess(provider)).send(message)
    assert [(one.recipient, one.text) for one in provider.messages] == [
        (message.recipient, message.text)
    ]


def test_a_constant_may_be_json_with_values_in_it() -> None:
    constant = """'{{"to": ["{recipient}"], "text": "{text|json}"}}'"""
    backend = rest('body = "form"\n' + REST_SEND.replace('"{text}"', constant))
    text = 'say "hi" \\ ж'
    given = form(sent(backend, replace(MESSAGE, text=text)))["body"]
    assert json.loads(given) == {"to": ["+12025550123"], "text": text}


# --- times without a zone

LOCAL = """
time_zone = "Europe/Lisbon"
[send]
route = "POST /sms"
fields = { to = "{recipient}", body = "{text}", at = "{send_at|%Y-%m-%d %H:%M}" }
accepted = { when = { code = "0" } }
[received]
route = "POST /inbox"
fields = { since = "{after|%Y-%m-%d %H:%M:%S}", day = "{after|date}", utc = "{after|iso}" }
rows = "rows"
row = { id = "id", at = "at" }
"""


def test_times_without_a_zone_are_the_providers_both_ways() -> None:
    backend = rest(LOCAL)
    summer = datetime(2030, 7, 1, 23, 30, tzinfo=UTC)
    assert json_of(sent(backend, replace(MESSAGE, send_at=summer)))["at"] == "2030-07-02 00:30"
    end, (request,) = talk(
        backend.ask("received", {"after": summer}, session()),
        document(rows=[{"id": "1", "at": "2030-07-02 00:30:00"}, {"id": "2", "at": "2030-01-02"}]),
    )
    assert json_of(request) == {
        "since": "2030-07-02 00:30:00",
        "day": "2030-07-02",
        "utc": "2030-07-01T23:30:00Z",
    }
    assert [one.at for one in end] == [summer, datetime(2030, 1, 2, tzinfo=UTC)]


def test_a_time_to_send_at_in_an_hour_that_comes_twice_is_refused_before_any_io() -> None:
    twice = datetime(2030, 10, 27, 0, 30, tzinfo=UTC)
    with pytest.raises(InvalidMessage, match=r"send_at is in an hour that Europe/Lisbon has twice"):
        sent(rest(LOCAL), replace(MESSAGE, send_at=twice))


@each("zone", ["Lisbon", "GMT+1", "../Lisbon"])
def test_a_zone_that_is_not_there_is_refused_with_an_example(zone: str) -> None:
    with pytest.raises(ConfigError, match=r"time_zone: .* such as Europe/Lisbon"):
        rest(LOCAL.replace("Europe/Lisbon", zone))


def test_a_table_may_say_how_its_times_are_written() -> None:
    backend = rest(LOCAL + 'time_format = "%y%m%d%H%M"\n')
    asking = backend.ask("received", {"after": NOW}, session())
    end, _ = talk(asking, document(rows=[{"id": "1", "at": 3007020030}]))
    assert [one.at for one in end] == [datetime(2030, 7, 1, 23, 30, tzinfo=UTC)]
    with pytest.raises(ConfigError, match=r"^received.time_format: 'hh' has no year, month and"):
        rest(LOCAL + 'time_format = "hh"\n')


@each(
    ("toml", "as_json", "as_text"),
    [
        ("5", 5, "5"),
        ("-1", -1, "-1"),
        ("0.5", 0.5, "0.5"),
        ("true", True, "true"),
        ("false", False, "false"),
        ('"5"', "5", "5"),
        ('"true"', "true", "true"),
        ('"{recipient|digits}"', "12025550123", "12025550123"),
        ('"{recipient|digits|number}"', 12025550123, "12025550123"),
        ('{ "{channels}" = { sms = 1, "*" = 2 } }', 1, "1"),
        ('{ "{channels}" = { sms = false } }', False, "false"),
    ],
)
def test_a_constant_keeps_its_type_in_json_and_is_text_in_a_form_and_a_query(
    toml: str, as_json: object, as_text: str
) -> None:
    document = json_of(sent(with_fields(f"x = {toml}")))
    assert (document["x"], type(document["x"])) == (as_json, type(as_json))
    assert form(sent(with_fields(f"x = {toml}", 'body = "form"\n')))["x"] == as_text
    text = REST_SEND.replace("POST", "GET").replace("{ to", f"{{ x = {toml}, to")
    assert dict(parse_qsl(sent(rest(text)).query))["x"] == as_text


def test_what_has_no_value_is_left_out() -> None:
    fields = 'a = "{sender}", b = { "{channels}" = { whatsapp = "1" } }, c = "{send_at|iso}"'
    assert json_of(sent(with_fields(fields))).keys() == {"to", "body"}
    message = replace(MESSAGE, sender="ACME", send_at=NOW + timedelta(hours=1))
    filled = json_of(sent(with_fields(fields), message))
    assert (filled["a"], filled["c"]) == ("ACME", "2030-01-01T01:00:00Z")


def test_a_table_may_have_headers() -> None:
    headers = 'headers = { X-Ref = "{reference}", X-V = 2, X-From = "{sender}" }\nfields = {'
    request = sent(rest(REST_SEND.replace("fields = {", headers)))
    assert (request.header("x-ref"), request.header("x-v")) == ("r-1", "2")
    assert "X-From" not in request.headers


def test_what_a_table_does_not_carry_is_unsupported() -> None:
    for more in ({"sender": "ACME"}, {"send_at": NOW + timedelta(hours=1)}):
        with pytest.raises(Unsupported, match=f"can't carry {next(iter(more))} by sms"):
            sent(rest(REST_SEND), replace(MESSAGE, **more))


@each(
    ("answer", "kind"),
    [
        (document(code=0, id="7"), Submission),
        (document(code="0"), Submission),
        (document(code=12), Rejected),
        (document(400, code=12), Rejected),
        (document(code=40), AuthenticationFailed),
        (document(401), AuthenticationFailed),
        (document(429), NotSent),
        (Broken(Left.NOTHING, "refused"), NotSent),
        (document(code=13), OutcomeUnknown),
        (document(), OutcomeUnknown),
        (document(500, code=0), OutcomeUnknown),
        (Response(status=200, body=b"<html>"), OutcomeUnknown),
        (Broken(Left.ALL, "reset"), OutcomeUnknown),
    ],
)
def test_what_no_table_covers_is_unknown(answer: Response | Broken, kind: type) -> None:
    end, _ = talk(rest(REST_SEND).send(MESSAGE, session()), answer)
    assert type(end) is kind


def test_a_submission_has_id_and_status_as_the_table_says() -> None:
    backend = rest(f'statuses = {{ Q = "queued" }}\n{REST_SEND}')
    end, _ = talk(backend.send(MESSAGE, session()), document(code=0, id=7, state="Q"))
    assert (end.id, end.status, end.provider_status) == ("7", Status.QUEUED, "Q")
    assert (end.backend, end.protocol, end.reference) == ("gate", "rest", "r-1")


@each(("word", "said"), [('"/[A-Z]+/"', "DONE"), ('"*"', "anything"), ("0", 0), ("1.5", 1.5)])
def test_a_marker_may_be_a_pattern_or_a_number(word: str, said: object) -> None:
    backend = rest(REST_SEND.replace('code = "0"', f"code = {word}"))
    end, _ = talk(backend.send(MESSAGE, session()), document(code=said))
    assert isinstance(end, Submission)


@each(
    ("answer", "kind"),
    [
        (document(success=True), Submission),
        (document(success=False), Rejected),
        (document(success="true"), Submission),
        (document(success=None), OutcomeUnknown),
        (document(success=1), OutcomeUnknown),
        (document(), OutcomeUnknown),
    ],
)
def test_a_marker_may_be_true_and_a_refusal_false(answer: Response, kind: type) -> None:
    text = REST_SEND.replace('when = { code = "0" }', "when = { success = true }")
    text = text.replace("rejected = {", 'rejected = { success = { false = "other" },')
    end, _ = talk(rest(text).send(MESSAGE, session()), answer)
    assert type(end) is kind


# --- who we are


def auth_of(auth: str, more: str = "") -> Backend:
    return rest(f"auth = {{ {auth} }}\n{more}{REST_SEND}")


def test_without_auth_nothing_is_added() -> None:
    request = sent(auth_of('type = "none"'))
    assert request.headers.keys() == {"Content-Type", "Accept"}
    assert json_of(request).keys() == {"to", "body"}


@each(
    ("fields", "as_json"),
    [
        ('{ k = "{key}" }', {"k": "secret"}),
        ('{ "auth.key" = "{key}", "auth.v" = 2 }', {"auth": {"key": "secret", "v": 2}}),
        ('{ k = { md5 = "{key}" } }', {"k": hashlib.md5(b"secret").hexdigest()}),
        ('{ k = "{key|sha256}" }', {"k": hashlib.sha256(b"secret").hexdigest()}),
        ('{ k = "{key|base64}" }', {"k": "c2VjcmV0"}),
        ('{ k = "{key|upper}", live = true }', {"k": "SECRET", "live": True}),
    ],
)
def test_credentials_may_be_fields(fields: str, as_json: dict[str, Any]) -> None:
    request = sent(auth_of(f'type = "fields", fields = {fields}, key = "secret"'))
    assert json_of(request) == {"to": "+12025550123", "body": "Hello", **as_json}


def test_credentials_may_be_fields_of_a_form_and_of_a_query() -> None:
    auth = 'type = "fields", fields = { k = "{key}", live = true }, key = "s&=é"'
    wanted = {"to": "+12025550123", "body": "Hello", "k": "s&=é", "live": "true"}
    assert form(sent(auth_of(auth, 'body = "form"\n'))) == wanted
    query = sent(rest(f"auth = {{ {auth} }}\n{REST_SEND.replace('POST', 'GET')}")).query
    assert dict(parse_qsl(query)) == wanted


def test_credentials_may_be_headers() -> None:
    auth = 'type = "headers", headers = { X-Key = "{key}", Authorization = "Key {key}" }'
    request = sent(auth_of(f'{auth}, key = "secret"'))
    assert (request.header("x-key"), request.header("authorization")) == ("secret", "Key secret")


def test_a_field_of_the_call_alone_may_hash_a_credential_with_the_message() -> None:
    backend = with_fields(
        'sign = { md5 = "{pin}{recipient}{now|epoch}" }', 'auth = { pin = "secret" }\n'
    )
    hashed = f"secret+12025550123{int(NOW.timestamp())}"
    assert json_of(sent(backend))["sign"] == hashlib.md5(hashed.encode()).hexdigest()
    assert "secret" in backend.secrets()


BOTH = 'username = "acmé", password = "p:w"'


def test_basic_is_a_header() -> None:
    told = sent(auth_of(f'type = "basic", {BOTH}')).header("authorization")
    assert base64.b64decode(told.removeprefix("Basic ")).decode() == "acmé:p:w"


def test_digest_answers_a_challenge() -> None:
    backend = auth_of('type = "digest", username = "acme", password = "pw"')
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
    refused = Response(status=401, headers=challenge)
    end, (first, second) = talk(backend.send(MESSAGE, session()), refused, document(code=0))
    assert isinstance(end, Submission)
    assert first.header("authorization") == ""
    assert second.header("authorization").startswith('Digest username="acme", realm="r"')
    assert first.body == second.body


OAUTH = 'type = "oauth2", client_id = "id", client_secret = "se:cret"'


@each(
    ("more", "url", "asked", "header"),
    [
        (
            'token_url = "/token"',
            "https://gate.example/token",
            {"client_id": "id", "client_secret": "se:cret"},
            "",
        ),
        (
            'token_url = "https://id.example/t", scope = "sms send"',
            "https://id.example/t",
            {"client_id": "id", "client_secret": "se:cret", "scope": "sms send"},
            "",
        ),
        (
            'token_url = "/token", basic = true, scope = "x"',
            "https://gate.example/token",
            {"scope": "x"},
            f"Basic {base64.b64encode(b'id:se%3Acret').decode()}",
        ),
    ],
)
def test_oauth2_fetches_a_token(more: str, url: str, asked: dict[str, str], header: str) -> None:
    backend = auth_of(f"{OAUTH}, {more}")
    granted = document(access_token="t-1", expires_in=60)
    end, (call, send) = talk(backend.send(MESSAGE, session()), granted, document(code=0))
    assert isinstance(end, Submission)
    assert call.url == url
    assert form(call) == {"grant_type": "client_credentials", **asked}
    assert call.header("authorization") == header
    assert send.header("authorization") == "Bearer t-1"
    assert json_of(send).keys() == {"to", "body"}


# --- questions

ASK = """
statuses = { DELIVRD = "delivered", 5 = "undelivered" }
auth = { type = "headers", headers = { X-Key = "{key}" }, key = "canary-key" }

[status]
route = "GET /sms/{id}"
answered = { ok = "1" }
rejected = { error = { 12 = "recipient", 40 = "authentication" } }
row = { id = "sms.id", status = "sms.state", at = "sms.at", recipient = "sms.to", error = "sms.e" }

[received]
route = "POST /in"
fields = { since = "{after|iso}", n = 10 }
rows = "list.rows"
row = { id = "id", sender = "from", text = "text", at = "at" }

[sent]
route = "GET /out"
fields = { to = "{recipient}", from = "{after|epoch}", until = "{before|%Y%m%d}" }
rows = "rows"
row = { id = "id", recipient = "to", status = "state", reference = "ref" }
"""


def asked(question: str, values: dict[str, Any], *answers: Response | Broken) -> Any:
    end, _ = talk(rest(ASK).ask(question, values, session()), *answers)
    return end


def question_of(question: str, values: dict[str, Any]) -> Request:
    return next(rest(ASK).ask(question, values, session()))


def test_a_status_is_asked_by_id_and_its_answer_is_the_row() -> None:
    request = question_of("status", {"id": "a/1"})
    assert (request.method, request.url) == ("GET", "https://gate.example/sms/a%2F1")
    assert request.header("x-key") == "canary-key"
    assert request.share is None
    said = {"id": 7, "state": "DELIVRD", "at": "2029-12-31T23:00:00+01:00", "to": "1", "e": ""}
    (row,) = asked("status", {"id": "7"}, document(ok=1, sms=said))
    assert (row.id, row.status, row.provider_status) == ("7", Status.DELIVERED, "DELIVRD")
    assert (row.recipient, row.error) == ("1", None)
    assert row.at == datetime(2029, 12, 31, 22, tzinfo=UTC)


def test_a_word_for_a_status_that_nobody_knows_is_unknown_and_is_kept() -> None:
    (row,) = asked("status", {"id": "7"}, document(ok=1, sms={"state": "TELEPORTED"}))
    assert (row.status, row.provider_status) == (Status.UNKNOWN, "TELEPORTED")
    (row,) = asked("status", {"id": "7"}, document(ok=1, sms={"state": 5}))
    assert (row.status, row.provider_status) == (Status.UNDELIVERED, "5")
    (row,) = asked("status", {"id": "7"}, document(ok=1, sms={}))
    assert (row.status, row.provider_status) == (Status.UNKNOWN, None)


@each(
    ("rows", "ids"),
    [
        ([], []),
        (None, []),
        ("", []),
        ([{"id": "1"}], ["1"]),
        ({"id": "1"}, ["1"]),
        ([{"id": "1"}, {"id": 2}, {"id": None}, "x", None, 5], ["1", "2", None]),
    ],
)
def test_rows_are_none_one_or_many(rows: object, ids: list[str | None]) -> None:
    found = asked("received", {}, document(list={"rows": rows}))
    assert [row.id for row in found] == ids


def test_where_the_rows_are_not_there_are_none() -> None:
    assert asked("received", {}, document(list={})) == []
    assert asked("received", {}, document()) == []


def test_what_was_received_has_its_words() -> None:
    said = {"id": "1", "from": "+1202", "text": "Hi", "at": 1893456000, "more": "x"}
    (row,) = asked("received", {}, document(list={"rows": [said]}))
    assert (row.sender, row.text, row.at) == ("+1202", "Hi", NOW)
    assert row.answer["more"] == "x"
    assert "+1202" not in repr(row)
    assert "Hi" not in repr(row)


def test_a_question_has_what_the_caller_gives_and_constants() -> None:
    request = question_of("received", {"after": NOW})
    assert json.loads(request.body) == {"since": "2030-01-01T00:00:00Z", "n": 10}
    assert json.loads(question_of("received", {}).body) == {"n": 10}
    request = question_of("sent", {"recipient": "+1202", "after": NOW, "before": NOW})
    assert dict(parse_qsl(request.query)) == {
        "to": "+1202",
        "from": "1893456000",
        "until": "20300101",
    }
    assert question_of("sent", {}).query == ""


def test_by_what_a_table_does_not_carry_nothing_can_be_asked() -> None:
    with pytest.raises(Unsupported, match="gate can't ask received by before"):
        question_of("received", {"before": NOW})
    with pytest.raises(Unsupported, match="gate can't ask status by after"):
        question_of("status", {"id": "1", "after": NOW})


def test_a_question_that_no_table_has_is_unsupported() -> None:
    with pytest.raises(
        Unsupported, match="gate over rest can't answer status; its block has no table"
    ):
        next(rest(REST_SEND).ask("status", {"id": "1"}, session()))
    with pytest.raises(Unsupported, match="gate over rest can't send"):
        sent(rest(ASK))


def test_a_status_without_its_id_is_refused_before_any_io() -> None:
    with pytest.raises(InvalidMessage, match="id is missing"):
        question_of("status", {})


@each(
    ("answer", "reason"),
    [
        (document(error=12), Reason.RECIPIENT),
        (document(404, error=12), Reason.RECIPIENT),
        (document(404), Reason.REQUEST),
        (document(error=40), Reason.AUTHENTICATION),
        (document(401), Reason.AUTHENTICATION),
        (document(403), Reason.AUTHENTICATION),
    ],
)
def test_a_question_that_is_refused_is_an_error_with_its_reason(
    answer: Response, reason: Reason
) -> None:
    error = asked("status", {"id": "7"}, answer)
    assert isinstance(error, Rejected)
    assert error.reason is reason
    assert isinstance(error, AuthenticationFailed) is (reason is Reason.AUTHENTICATION)


@each("answer", [document(), document(ok=0), document(error=99)])
def test_words_that_the_table_does_not_have_are_no_answer(answer: Response) -> None:
    error = asked("status", {"id": "7"}, answer)
    assert isinstance(error, NoAnswer)
    assert (error.retry, error.backend) == (True, "gate")
    assert "canary" not in f"{error}{error!r}"


# --- the class that a block makes


def test_a_backend_has_the_name_of_its_block_and_masks_its_secrets() -> None:
    text = f'auth = {{ type = "basic", username = "acme", password = "canary" }}\n{REST_SEND}'
    backend = rest(text)
    assert (backend.name, backend.protocol) == ("gate", "rest")
    assert "canary" not in repr(backend)
    assert "acme" in repr(backend)
    assert backend.credentials() == {"username": "acme", "password": "canary"}
    assert backend.secrets() == ["canary"]


def test_a_block_has_no_more_to_do_with_another() -> None:
    one, other = rest(REST_SEND), rest(ASK)
    assert type(one) is not type(other)
    assert set(one.protocols["rest"].operations()) == {"send"}
    assert RestBlock.protocols == {}
    moved = replace(one, url="https://other.example")
    assert sent(moved).url == "https://other.example/sms"


def test_without_a_block_there_is_no_such_backend() -> None:
    with pytest.raises(ConfigError, match=r"rest takes its tables from a block of smsbridge\.toml"):
        RestBlock()


def test_a_mapping_is_as_good_as_a_block() -> None:
    backend = from_mapping({"backend": "rest", "url": "https://x.example"} | _tables())
    assert backend.name == "rest"
    assert sent(backend).url == "https://x.example/sms"


def _tables() -> dict[str, Any]:
    return tomllib.loads(REST_SEND)


def test_every_key_of_a_network_is_there(tmp_path: Path) -> None:
    text = (
        '[backends.x]\nbackend = "rest"\nurl = "http://sms-mock"\ncleartext_hosts = ["sms-mock"]\n'
        'ca = "ca.pem"\nclient_cert = "me.pem"\nproxy = { env = "PROXY" }\ntimeout = 5\n'
    )
    send = REST_SEND.replace("[send]", "[backends.x.send]")
    (tmp_path / "smsbridge.toml").write_text(text + send)
    proxy = "http://user:canary@proxy.example"
    backend = from_file("x", tmp_path / "smsbridge.toml", environ={"PROXY": proxy})
    assert (backend.ca, backend.client_cert) == (str(tmp_path / "ca.pem"), str(tmp_path / "me.pem"))
    assert (backend.cleartext_hosts, backend.timeout) == (("sms-mock",), 5)
    assert backend.proxy is not None
    assert backend.proxy.reveal() == proxy
    assert "canary" not in repr(backend)


@each(
    ("head", "key", "why"),
    [
        ('body = "yaml"', ("body",), "body: 'yaml' is neither json nor form nor xml"),
        (
            'answer = "yaml"',
            ("answer",),
            "answer: 'yaml': give one of json, form, xml, text",
        ),
        ('answer = "/OK/"', ("answer",), "answer: /OK/ has no named group, such as "),
        ('answer = "/(/"', ("answer",), "answer: /(/ is not a pattern"),
        ('body = "xml"', ("send", "fields", "to"), "send.fields.to: XML has one root"),
        (
            'answer = "/(?P<code>0)/"',
            ("send", "accepted", "id"),
            "send.accepted.id: no answer has 'id'; known: #status, #text, code",
        ),
        (
            'answer = "/(a+)+(?P<id>b)/"',
            ("answer",),
            "answer: /(a+)+(?P<id>b)/ could take too long",
        ),
    ],
)
def test_what_a_body_and_an_answer_can_not_be_is_named(
    head: str, key: tuple[str, ...], why: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        rest(f"{head}\n{REST_SEND}")
    assert refused.value.key == key
    assert str(refused.value).startswith(why)


@each("name", ["r.1a", "r.a b", "r.*", "r.x:y", "r.@a.b", "r.@1"])
def test_what_xml_can_not_name_is_refused(name: str) -> None:
    inside = REST_SEND.replace("to =", '"r.to" =').replace("body =", f'"r.é" = "1", "{name}" =')
    with pytest.raises(ConfigError) as refused:
        rest(f'body = "xml"\n{inside}')
    assert refused.value.key == ("send", "fields", name)


def test_the_only_key_there_is_can_not_be_a_field() -> None:
    with pytest.raises(ConfigError, match=r'^send\.fields\."a\.\*": \* is for answers'):
        rest(REST_SEND.replace("body =", '"a.*" ='))


def test_a_credential_beside_the_root_of_xml_is_refused() -> None:
    auth = 'body = "xml"\nauth = { type = "fields", key = "k", fields = { key = "{key}" } }\n'
    inside = REST_SEND.replace("to =", '"r.to" =').replace("body =", '"r.body" =')
    with pytest.raises(ConfigError, match=r"^auth\.fields: XML has one root"):
        rest(auth + inside)
    assert rest(auth.replace("{ key =", '{ "r.key" =') + inside)


def test_the_example_sends_and_asks() -> None:
    backend = from_file("newcorp", EXAMPLE, environ={"NEWCORP": "secret"})
    granted = document(access_token="t-1")
    answer = document(message={"state": "queued", "id": "m-1"})
    kept = session()
    end, (call, send) = talk(backend.send(MESSAGE, kept), granted, answer)
    assert (call.url, send.url) == (
        "https://api.oldcorp.example/oauth/token",
        "https://api.oldcorp.example/v2/messages",
    )
    assert json_of(send) == {"message": {"to": "+12025550123", "text": "Hello", "reference": "r-1"}}
    assert (end.id, end.status) == ("m-1", Status.QUEUED)
    answer = document(message={"id": "m-1", "state": "delivered"})
    (row,), (status,) = talk(backend.ask("status", {"id": "m-1"}, kept), answer)
    assert status.url == "https://api.oldcorp.example/v2/messages/m-1"
    assert status.header("authorization") == "Bearer t-1"
    assert (row.id, row.status) == ("m-1", Status.DELIVERED)
    rows, (inbox,) = talk(
        backend.ask("received", {"after": NOW}, kept), document(messages=[{"text": "Hi"}])
    )
    assert inbox.url == "https://api.oldcorp.example/v2/inbox?after=2030-01-01T00%3A00%3A00Z"
    assert [row.text for row in rows] == ["Hi"]


@each("step", [".", ".."])
def test_no_value_makes_a_step_that_leads_out_of_a_route(step: str) -> None:
    block = REST_SEND.replace("POST /sms", "POST /messages/{reference}/go")
    message = Message(recipient="+12025550123", text="Hello", reference=step)
    with pytest.raises(InvalidMessage, match="would lead elsewhere"):
        next(rest(block).send(message, session()))
    inner = Message(recipient="+12025550123", text="Hello", reference=f"a{step}b/c")
    assert sent(rest(block), inner).url == f"https://gate.example/messages/a{step}b%2Fc/go"


def test_a_field_of_the_auth_never_replaces_one_of_the_call() -> None:
    auth = 'auth = { type = "fields", key = "secret", fields = { to = "{key}" } }'
    with pytest.raises(ConfigError, match="to is a field of POST /sms too"):
        rest(auth + REST_SEND)


@each("url", ["https://gate.example/a?v=1", "https://gate.example/#a"])
def test_a_url_that_would_swallow_the_route_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="query or a fragment"):
        rest(f'url = "{url}"\n{REST_SEND}')


@each("url", ["https://gate.example/a b", "https://gate.example/é"])
def test_a_url_with_a_blank_or_more_than_ascii_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="url"):
        rest(f'url = "{url}"\n{REST_SEND}')


@each("name", ["Content-Length", "transfer-encoding", "Host", "Connection"])
def test_a_header_that_frames_the_request_is_refused(name: str) -> None:
    block = REST_SEND + f'headers = {{ {name} = "5" }}\n'
    with pytest.raises(ConfigError, match="the transport writes this header"):
        rest(block)


def test_the_mock_takes_no_wrong_key_that_stands_in_the_calls_own_fields_or_route() -> None:
    head = 'auth = { key = "right-key" }\n'
    for old, new in (
        ('body = "{text}" }', 'body = "{text}", key = "{key}" }'),
        ("POST /sms", "POST /sms?key={key}"),
    ):
        block = head + REST_SEND.replace(old, new)
        provider = Provider(rest(block))
        with Client(rest(block), transport=InProcess(provider)) as client:
            assert client.send(MESSAGE).id
        assert provider.notes == {}
        wrong = rest(block.replace("right-key", "wrong-key"))
        with (
            Client(wrong, transport=InProcess(provider)) as client,
            pytest.raises(AuthenticationFailed),
        ):
            client.send(MESSAGE)


def test_the_mock_serves_a_block_whose_url_has_a_path() -> None:
    backend = rest(f'url = "https://gate.example/api/v1"\n{REST_SEND}')
    with Client(backend, transport=InProcess(Provider(backend))) as client:
        assert client.send(MESSAGE).id


def test_no_sample_of_the_mock_means_a_refusal() -> None:
    block = SOAP_SEND.replace('when = { "result.code" = "0" }', 'when = { "result.id" = "*" }')
    backend = soap(block.replace('12 = "recipient"', '1 = "recipient", 0 = "account"'))
    with Client(backend, transport=InProcess(Provider(backend))) as client:
        assert client.send(MESSAGE).id


@pytest.mark.parametrize("way", ["GET", "DELETE"])
def test_the_url_of_a_request_is_in_no_log_of_a_library(
    way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    auth = 'auth = { type = "fields", key = "canary-key", fields = { key = "{key}" } }\n'
    block = auth + REST_SEND.replace("POST /sms", f"{way} /sms")
    with MockServer(Provider(rest(block))) as server:
        backend = rest(f'url = "{server.provider.address}"\n{block}')
        with Client(backend) as client:
            assert client.send(MESSAGE).id
    told = " ".join(record.getMessage() for record in caplog.records)
    assert "canary-key" not in told
    assert "2025550123" not in told


# --- what is not JSON


KANNEL = """
answer = "/(?P<code>0): Accepted for delivery \\\\[(?P<id>[0-9]+)\\\\]|(?P<error>-?[0-9]+): .*/"
values = { sender = "SHOP" }
[send]
route = "GET /cgi-bin/sendsms?from={sender}&dlr={reference}"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { code = "0" }, id = "id" }
rejected = { error = { "-99--1" = "account", "*" = "other" } }
"""


@each(
    ("said", "kind", "seen"),
    [
        ("0: Accepted for delivery [7]", Submission, "7"),
        ("-5: No credit", Rejected, Reason.ACCOUNT),
        ("3: Queued for later delivery", Rejected, Reason.OTHER),
        ("<html>Sign in</html>", OutcomeUnknown, None),
        ("0: Accepted for", OutcomeUnknown, None),
        ("", OutcomeUnknown, None),
    ],
)
def test_an_answer_of_plain_text_is_read_by_its_pattern(
    said: str, kind: type, seen: object
) -> None:
    answer = Response(status=200, headers={"Content-Type": "text/html"}, body=said.encode())
    end, (request,) = talk(rest(KANNEL).send(MESSAGE, session()), answer)
    assert request.url == (
        "https://gate.example/cgi-bin/sendsms?from=SHOP&dlr=r-1&to=%2B12025550123&text=Hello"
    )
    assert request.header("accept") == "*/*"
    assert isinstance(end, kind)
    assert getattr(end, "reason", getattr(end, "id", None)) == seen


XML_CORP = """
body = "xml"
answer = "xml"
auth = { key = "k-1", fields = { "request.@key" = "{key}" } }
[send]
route = "POST /xml"
[send.fields.request.message]
to = "{recipient}"
body = "{text}"
"@id" = "{reference}"
[send.accepted]
when = { "response.@status" = ["0", "OK"] }
id = "response.id"
[send.rejected]
"response.@status" = { 5 = "recipient" }
"""


def test_a_body_and_an_answer_are_xml_by_the_same_paths() -> None:
    answer = Response(status=200, body=b'<response status="OK"><id>7</id></response>')
    message = replace(MESSAGE, text="a < b & é")
    end, (request,) = talk(rest(XML_CORP).send(message, session()), answer)
    assert end.id == "7"
    assert request.header("content-type") == "application/xml"
    root = etree.fromstring(request.body)
    assert (root.tag, root.get("key"), root[0].get("id")) == ("request", "k-1", "r-1")
    assert [(one.tag, one.text) for one in root[0]] == [
        ("to", "+12025550123"),
        ("body", "a < b & é"),
    ]
    with pytest.raises(InvalidMessage, match=r"message.body has U\+0001 at position 0: XML can't"):
        sent(rest(XML_CORP), replace(MESSAGE, text="\x01"))


LOGIN_BY_FORM = """
auth = { type = "fields", user = "acme", password = "p-1" }
[token]
route = "POST /token"
body = "form"
answer = "text"
fields = { user = "{user}", password = "{password}" }
token = "#text"
[send]
route = "POST /sms"
headers = { Authorization = "Bearer {token}" }
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { "#status" = "204" } }
[status]
route = "GET /sms/{id}"
answer = "form"
fields = { id = "{id}" }
row = { status = "state" }
"""


def test_each_call_may_have_a_body_and_an_answer_of_its_own() -> None:
    backend, kept = rest(LOGIN_BY_FORM), session()
    token = Response(status=200, body=b"t-1\n")
    end, (login, send) = talk(backend.send(MESSAGE, kept), token, Response(status=204))
    assert form(login) == {"user": "acme", "password": "p-1"}
    assert (send.header("authorization"), json_of(send)["to"]) == ("Bearer t-1", "+12025550123")
    assert isinstance(end, Submission)
    rows, _ = talk(
        backend.ask("status", {"id": "7"}, kept), Response(status=200, body=b"state=sent")
    )
    assert rows[0].provider_status == "sent"


@pytest.mark.parametrize("block", [KANNEL, XML_CORP, LOGIN_BY_FORM])
def test_the_mock_takes_and_answers_what_is_not_json(block: str) -> None:
    provider = Provider(rest(block))
    with Client(replace(provider.backend), transport=InProcess(provider)) as sms:
        sms.send("+12025550123", "a < b & é")
    assert [(one.recipient, one.text) for one in provider.messages] == [
        ("+12025550123", "a < b & é")
    ]
    assert provider.notes == {}


def test_a_form_may_have_phps_brackets_and_basic_no_password() -> None:
    head = 'body = "form"\nauth = { type = "basic", username = "KEY", password = false }\n'
    fields = 'fields = { "to[]" = "{recipient}", "messages[0][body]" = "{text}" }'
    block = head + REST_SEND.replace('fields = { to = "{recipient}", body = "{text}" }', fields)
    provider = Provider(rest(block))
    with Client(provider.backend, transport=InProcess(provider)) as sms:
        sms.send("+12025550123", "Hello")
    (request,) = provider.requests
    assert form(request) == {"to[]": "+12025550123", "messages[0][body]": "Hello"}
    assert request.header("authorization") == f"Basic {base64.b64encode(b'KEY:').decode()}"
    assert [one.text for one in provider.messages] == ["Hello"]
    with pytest.raises(ConfigError, match="is not a path"):
        rest(block.replace('"form"', '"json"'))


SIGNED = """
auth = { key = "k-1", secret = "s-1" }
[send]
route = "POST /sms"
fields = { from = "{sender}", to = "{recipient}", text = "{text}", sign = { hmac-md5 = { key = "{secret}", of = "{sender};{recipient};{text}" } } }
[send.headers]
X-Time = "{now|epoch}"
X-Key = "{key}"
X-Signature = ["v1=", { hmac-sha256 = { key = "{secret}", of = "{method}+{url}+{body}", as = "base64" } }]
X-Timed = { sha1 = "{secret}{body}{now|epoch}" }
[send.accepted]
when = { code = "0" }
"""  # noqa: E501  (a table of TOML stands in a line)


def test_a_field_is_signed_and_a_header_signs_the_request() -> None:
    request = sent(rest(SIGNED), replace(MESSAGE, sender="SHOP"))
    of = b"SHOP;+12025550123;Hello"
    assert json_of(request)["sign"] == hmac.new(b"s-1", of, "md5").hexdigest()
    of = b"POST+https://gate.example/sms+" + request.body
    wanted = base64.b64encode(hmac.new(b"s-1", of, "sha256").digest()).decode()
    assert request.header("x-signature") == f"v1={wanted}"
    now = request.header("x-time").encode()
    assert request.header("x-timed") == hashlib.sha1(b"s-1" + request.body + now).hexdigest()


@each(
    ("name", "word", "arrives"),
    [
        ("x-signature", "v1=AAAA", False),
        ("x-timed", "", False),
        ("x-timed", "what the time makes of it can't be known", True),
        ("x-key", "k-2", False),
    ],
)
def test_the_mock_takes_what_is_signed_with_the_secret(
    name: str, word: str, *, arrives: bool
) -> None:
    provider = Provider(rest(SIGNED))
    request = sent(provider.backend, replace(MESSAGE, sender="SHOP"))
    provider.handle(request)
    assert len(provider.messages) == 1
    headers = {key: value for key, value in request.headers.items() if key.lower() != name}
    provider.handle(replace(request, headers={**headers, name: word}))
    assert len(provider.messages) == 1 + arrives
