"""A block of TOML as tables: what is read of it, and each mistake by its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import ConfigError, Fields, Reason, Status, When
from smsbridge.auth.schemes import Login
from smsbridge.backends.tables.table_reader import TableReader
from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap.codec import Soap
from smsbridge.config.load import from_file, from_mapping
from smsbridge.errors import SmsbridgeError
from smsbridge.http.exchange import Response, drive
from smsbridge.mapping.operation import Operation, Protocol, Question

from support.blocks import GATE, GATE_BLOCK, MESSAGE, REST_SEND, SOAP_SEND, behind, refused, session
from support.each import each


def read(text: str, *, soap: bool = False) -> Protocol:
    return TableReader(Soap() if soap else Rest(), soap=soap).protocol(tomllib.loads(text))


def refusal(text: str, *, soap: bool = False) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(text, soap=soap)
    return caught.value


def send_of(text: str) -> Operation:
    table = read(text).send
    assert table is not None
    return table


def question_of(text: str) -> Question:
    table = read(text).status
    assert table is not None
    return table


# --- what is read


def test_a_send_is_an_operation() -> None:
    assert send_of(REST_SEND) == Operation(
        "POST /sms",
        fields={"to": "{recipient}", "body": "{text}"},
        accepted=When({"code": "0"}, id="id", status="state"),
        rejected={"code": {"12": Reason.RECIPIENT, "40": Reason.AUTHENTICATION}},
    )


def test_over_soap_a_call_is_an_operation_of_the_wsdl() -> None:
    found = read(SOAP_SEND, soap=True).send
    assert found is not None
    assert found.call == "Submit"


STATUS = """
[status]
route = "GET /sms/{id}"
headers = { X-Format = "json" }
answered = { ok = true, count = 1 }
rejected = { error = { 4 = "authentication" } }
rows = "list.rows"
row = { id = "id", status = "state.word", at = "time" }
"""


def test_a_status_is_a_question() -> None:
    assert question_of(STATUS) == Question(
        "GET /sms/{id}",
        {},
        {"id": "id", "status": "state.word", "at": "time"},
        "list.rows",
        When({"ok": "true", "count": "1"}),
        {"error": {"4": Reason.AUTHENTICATION}},
        {"X-Format": "json"},
    )


def test_a_question_needs_its_call_and_its_row_only() -> None:
    assert question_of('[status]\nroute = "GET /x"\nrow.id = "id"') == Question(
        "GET /x", {}, {"id": "id"}
    )


def test_a_block_has_the_operations_that_it_names() -> None:
    text = f'{REST_SEND}{STATUS}[received]\nroute = "GET /in"\nrow = {{ text = "t" }}'
    assert set(read(text).operations()) == {"send", "status", "received"}


@each(
    "fields",
    [
        'fields = { "a.to" = "{recipient}", "a.body" = "{text}" }',
        'fields."a.to" = "{recipient}"\nfields."a.body" = "{text}"',
        'fields.a = { to = "{recipient}", body = "{text}" }',
        'fields.a.to = "{recipient}"\nfields.a.body = "{text}"',
        '[send.fields]\n"a.to" = "{recipient}"\na.body = "{text}"',
        '[send.fields.a]\nto = "{recipient}"\nbody = "{text}"',
    ],
)
def test_a_path_may_be_a_text_or_tables_in_tables(fields: str) -> None:
    text = f'[send]\nroute = "POST /x"\naccepted.when.ok = "1"\n{fields}'
    assert send_of(text).fields == {"a.to": "{recipient}", "a.body": "{text}"}


def test_what_says_that_nothing_was_taken_is_a_list_of_words() -> None:
    more = 'not_sent = { "#status" = [503], "result.code" = ["BUSY"], fault.string = ["later"] }'
    given = {"#status": ("503",), "result.code": ("BUSY",), "fault.string": ("later",)}
    assert send_of(f"{REST_SEND}\n{more}").not_sent == given


@each(
    "accepted",
    [
        'accepted = { when = { "a.b" = "1" }, id = "c.d" }',
        'accepted.when.a.b = "1"\naccepted.id = "c.d"',
        '[send.accepted]\nwhen."a.b" = 1\nid = "c.d"',
    ],
)
def test_a_marker_may_be_written_so_too(accepted: str) -> None:
    fields = 'fields = { a = "{recipient}", b = "{text}" }'
    text = f'[send]\nroute = "POST /x"\n{fields}\n{accepted}'
    assert send_of(text).accepted == When({"a.b": "1"}, id="c.d")


@each(
    "rejected",
    [
        'rejected = { "a.b" = { 1 = "quota" }, "a.c" = { 2 = "rate" } }',
        'rejected.a = { b = { 1 = "quota" }, c = { 2 = "rate" } }',
        'rejected.a.b.1 = "quota"\nrejected.a.c.2 = "rate"',
        '[send.rejected.a.b]\n1 = "quota"\n[send.rejected."a.c"]\n2 = "rate"',
    ],
)
def test_refusals_may_be_written_so_too(rejected: str) -> None:
    text = f"{REST_SEND.replace('rejected', '# rejected')}{rejected}"
    assert send_of(text).rejected == {"a.b": {"1": Reason.QUOTA}, "a.c": {"2": Reason.RATE}}


@each(
    ("field", "template"),
    [
        ('"{recipient|digits}"', "{recipient|digits}"),
        ("2", 2),
        ("0.5", 0.5),
        ("true", True),
        ('{ "{channels}" = { sms = "1", "*" = "2" } }', {"{channels}": {"sms": "1", "*": "2"}}),
        ('{ md5 = "{text}" }', {"md5": "{text}"}),
    ],
)
def test_a_field_is_a_template_or_a_constant_with_its_type(field: str, template: Any) -> None:
    text = REST_SEND.replace('body = "{text}"', f'body = "{{text}}", more = {field}')
    assert send_of(text).fields["more"] == template


@each("name", ["text", "number"])
def test_a_field_may_have_the_name_of_a_filter_that_alters_nothing(name: str) -> None:
    text = REST_SEND.replace('body = "{text}"', f'message = {{ {name} = "{{text}}" }}')
    assert send_of(text).fields == {"to": "{recipient}", f"message.{name}": "{text}"}


def test_a_credential_may_be_used_by_a_field_of_a_call_alone() -> None:
    text = REST_SEND.replace("fields = {", 'fields = { hash = { md5 = "{pin}{text}" },')
    reader = TableReader(Rest(), soap=False)
    protocol = reader.protocol(tomllib.loads(f'auth.pin = "1"\n{text}'))
    assert protocol.auth == Fields()
    assert reader.credentials == {"pin": "1"}


TOKEN = """
[token]
route = "POST /login/{account}"
fields = { user = "{user}", remember = true }
headers = { X-Pin = "{pin}" }
token = "data.token"
lifetime = "data.seconds"
rejected = { code = { 7 = "account" } }
refused_when = { code = 401 }
"""
LOGIN = f'auth = {{ user = "u", pin = "1", account = "a" }}\n{REST_SEND}{TOKEN}'.replace(
    "fields = { to", 'fields = { session = "{token}", to'
)


def test_a_token_is_a_login_of_all_calls() -> None:
    assert read(LOGIN + STATUS).auth == Login(
        Rest(),
        "POST /login/{account}",
        {"user": "{user}", "remember": True},
        "data.token",
        lifetime="data.seconds",
        rejected={"code": {"7": Reason.ACCOUNT}},
        refused=When({"code": "401"}),
        headers={"X-Pin": "{pin}"},
        auth=Fields(),
        calls=(
            ("POST /sms", When({"code": "0"}, id="id", status="state")),
            ("GET /sms/{id}", When({"ok": "true", "count": "1"})),
        ),
    )


def test_a_credential_that_only_a_call_carries_is_one_of_a_login_too() -> None:
    more = LOGIN.replace('account = "a"', 'account = "a", shop = "s"')
    auth = read(more.replace("fields = { session", 'fields = { shop = "{shop}", session')).auth
    assert {*auth.credentials} == {"account", "pin", "shop", "user"}


@each(("lifetime", "seconds"), [("60", 60), ("0.5", 0.5), ('""', "")])
def test_a_lifetime_may_be_a_number_or_left_open(lifetime: str, seconds: float | str) -> None:
    auth = read(LOGIN.replace('"data.seconds"', lifetime)).auth
    assert isinstance(auth, Login)
    assert auth.lifetime == seconds


def test_statuses_are_the_providers_words_with_ours() -> None:
    reader = TableReader(Rest(), soap=False)
    given = {"statuses": {"DELIVRD": "delivered", "5": "undelivered"}}
    assert reader.statuses(given) == {"DELIVRD": Status.DELIVERED, "5": Status.UNDELIVERED}
    assert reader.statuses({}) == {}


# --- each mistake, by its line

REST = """
default = "gate"  # here

[backends.gate]
backend = "rest"
url = "https://gate.example"
statuses = { DELIVRD = "delivered" }

[backends.gate.auth]
type = "headers"
headers.X-Key = "{api_key}"
api_key = "canary-key"

[backends.gate.token]
route = "POST /login"
fields.key = "{api_key}"
token = "data.token"
lifetime = "data.seconds"
rejected.login = { 7 = "authentication" }
refused_when.code = "401"

[backends.gate.send]
route = "POST /sms"
fields.to = "{recipient}"
fields.body = "{text}"
headers.X-Session = "{token}"
accepted.when = { code = "0" }
accepted.id = "id"
rejected.code = { 12 = "recipient" }

[backends.gate.status]
route = "GET /sms/{id}"
answered = { ok = "1" }
rows = "rows"
row.id = "message"
row.status = "state"
"""
BASIC = REST.replace(
    'type = "headers"\nheaders.X-Key = "{api_key}"\napi_key = "canary-key"',
    'type = "basic"\nusername = "acme"\npassword = "canary-key"',
).replace('fields.key = "{api_key}"', 'fields.key = "{password}"')
OAUTH = """
[backends.gate]
backend = "rest"
url = "https://gate.example"
auth.type = "oauth2"
auth.token_url = "/oauth/token"
auth.client_id = "acme"
auth.client_secret = "canary-secret"

[backends.gate.send]
route = "POST /sms"
fields = { to = "{recipient}", body = "{text}" }
accepted.when = { code = "0" }
"""

SOAP = f"""
[backends.gate]
backend = "soap"
wsdl = "{GATE}"
auth.type = "wsse"
auth.username = "acme"
auth.password = "canary-password"
auth.digest = true
auth.seconds = 60

[backends.gate.send]
operation = "Submit"
fields = {{ to = "{{recipient}}", body = "{{text}}" }}
accepted.when = {{ "result.code" = "0" }}
"""

MISTAKES: Mapping[str, tuple[str, str, list[str]]] = {
    # a key that nobody knows, at every level
    "block": ("statuses = {", "statusses = {", ["'statusses' is not a key of rest", "'statuses'"]),
    "operation": ("[backends.gate.status]", "[backends.gate.stauts]", ["'stauts'", "'status'"]),
    "soap's key": ('url = "', 'port = "', ["'port' is not a key of rest"]),
    "a credential outside auth": (
        "statuses = {",
        "api_key = {",
        ["'api_key' is not a key of rest"],
    ),
    "token": ("lifetime = ", "liftime = ", ["token.liftime", "not a key of token", "'lifetime'"]),
    "token of soap": (
        'route = "POST /login"',
        'operation = "Login"',
        ["token.operation: not a key of token", "route"],
    ),
    "send": ("rejected.code", "rejcted.code", ["send.rejcted", "not a key of send", "'rejected'"]),
    "send of soap": (
        'route = "POST /sms"',
        'operation = "Submit"',
        ["send.operation: not a key of send", "route"],
    ),
    "accepted": ("accepted.id", "accepted.ids", ["send.accepted.ids", "send.accepted;", "'id'"]),
    "status": (
        "answered = ",
        "anwsered = ",
        ["status.anwsered", "not a key of status", "'answered'"],
    ),
    "row": ("row.status", "row.staus", ["status.row.staus", "not a key of status.row", "'status'"]),
    # a value of another type
    "a text for statuses": ('{ DELIVRD = "delivered" }', '"x"', ["statuses: give a table"]),
    "a number for url": ('url = "https://gate.example"', "url = 5", ["url: give text"]),
    "a list for a type": ('type = "headers"', 'type = ["basic"]', ["auth.type", "known: aws"]),
    "a number for a secret": ('api_key = "canary-key"', "api_key = 5", ["api_key: give text"]),
    "a number for a route": ('route = "POST /sms"', "route = 5", ["send.route: give text"]),
    "a list for a field": (
        'fields.to = "{recipient}"',
        "fields.to = []",
        ["send.fields.to: a list"],
    ),
    "a day for a field": ('"{recipient}"', "2027-01-31", ["send.fields.to: give text, a number"]),
    "a table for a field": ('fields.to = "{recipient}"', "fields.to = {}", ["send.fields.to: "]),
    "a text for a marker": ('{ code = "0" }', '"0"', ["send.accepted.when: give a table"]),
    "any word in a list": ('{ code = "0" }', '{ code = ["0", "*"] }', ["when.code: * is any word"]),
    "no word": ('{ code = "0" }', '{ code = "" }', ["send.accepted.when.code: give one word"]),
    "a table for a word": ('{ code = "0" }', "{ code = {} }", ["accepted.when.code: give one"]),
    "a number for an id": ('accepted.id = "id"', "accepted.id = 5", ["accepted.id: give text"]),
    "a reason without a word": (
        '{ 12 = "recipient" }',
        '"recipient"',
        ["send.rejected.code: give a table of words"],
    ),
    "a number for rows": ('rows = "rows"', "rows = 5", ["status.rows: give text"]),
    "a number in a row": (
        'row.id = "message"',
        "row.id = 5",
        ["status.row.id: give a path, or a list of paths"],
    ),
    "a number for a token": ('token = "data.token"', "token = 5", ["token.token: give text"]),
    "a bool for a lifetime": ('"data.seconds"', "true", ["token.lifetime: give seconds"]),
    "a list for a lifetime": ('"data.seconds"', "[60]", ["token.lifetime: give seconds"]),
    # a word that nobody knows
    "a type": ('type = "headers"', 'type = "header"', ["auth.type: there is no 'header'"]),
    "a value": ("{recipient}", "{recipent}", ["no value {recipent}", "mean 'recipient'"]),
    "a value of another call": ("{id}", "{sender}", ["status.route: there is no value {sender}"]),
    "a value in a header": ('"{token}"', '"{tokn}"', ["headers.X-Session", "mean 'token'"]),
    "a value in a login": (
        'fields.key = "{api_key}"',
        'fields.key = "{api_kee}"',
        ["token.fields.key: there is no value {api_kee}", "mean 'api_key'"],
    ),
    "a filter": ("{text}", "{text|uper}", ["send.fields.body", "no filter 'uper'", "'upper'"]),
    "a filter for a time": ("{text}", "{text|iso}", ["'iso' is for a time: send_at"]),
    "a format for a time": ("{text}", "{text|%Y}", ["'%Y' is for a time: send_at"]),
    "a status": ('"delivered"', '"deliverd"', ["statuses.DELIVRD", "mean 'delivered'"]),
    "a reason": ('"recipient" }', '"recipent" }', ["send.rejected.code.12", "mean 'recipient'"]),
    "a reason of a login": ('"authentication"', '"auth"', ["token.rejected.login.7", "no reason"]),
    # what can't be
    "an open brace": ('"{text}"', '"{text"', ["send.fields.body", "braces hold a value"]),
    "a choice of nothing": (
        'fields.body = "{text}"',
        'fields.body = { "{channels}" = "x" }',
        ["send.fields.body: a choice needs a template for each word"],
    ),
    "a choice by two": (
        'fields.body = "{text}"',
        'fields.body = { "{channels}" = {}, "{sender}" = {} }',
        ["send.fields.body: a choice has one key"],
    ),
    "a route without a method": ('"POST /sms"', '"/sms"', ["send.route: '/sms'", "POST, PUT"]),
    "not a method": ('"POST /sms"', '"SEND /sms"', ["send.route", "GET, POST"]),
    "a method in small letters": ('"POST /sms"', '"post /sms"', ["send.route", "GET, POST"]),
    "a route without a slash": ('"POST /sms"', '"POST sms"', ["send.route", "POST /v1/messages"]),
    "a whole address": ('"POST /sms"', '"POST https://x/"', ["send.route", "a path"]),
    "a name of no header": (
        "headers.X-Session",
        'headers."X Session"',
        ["not the name of an HTTP"],
    ),
    "a header with a colon": (
        "headers.X-Key",
        'headers."X-Key:"',
        ["auth.headers.", "not the name"],
    ),
    "a header in no ASCII": (
        "headers.X-Session",
        'headers."Schlüssel"',
        ["not the name of an HTTP"],
    ),
    "a path in a field": ("fields.body", 'fields."a[x]"', ['send.fields."a[x]"', "is not a path"]),
    "a path in a marker": (
        '{ code = "0" }',
        '{ "a..b" = "0" }',
        ["accepted.when", "is not a path"],
    ),
    "a path of an id": ('accepted.id = "id"', 'accepted.id = "a["', ["accepted.id", "not a path"]),
    "no path of an id": ('accepted.id = "id"', 'accepted.id = ""', ["accepted.id", "not a path"]),
    "a word for not sent": (
        "rejected.code",
        'not_sent."#status" = "503"\nrejected.code',
        ["send.not_sent.", "give a list of words"],
    ),
    "a status for not sent": (
        "rejected.code",
        'not_sent."#status" = [302]\nrejected.code',
        ["send.not_sent: #status: '302': give a status from 400 to 599"],
    ),
    "a status for a refusal": (
        "rejected.code",
        'rejected."#status" = { 500 = "quota" }\nrejected.code',
        ["send.rejected.", "'500': give a status from 400 to 499"],
    ),
    "a status alone for a marker": (
        '{ code = "0" }',
        '{ "#status" = "200" }',
        ["send.accepted: ", "a 200 is never proof"],
    ),
    "a path in a refusal": ("rejected.code", 'rejected."a["', ["send.rejected", "is not a path"]),
    "a path of rows": ('rows = "rows"', 'rows = "a..b"', ["status.rows", "is not a path"]),
    "a path in a row": ('row.id = "message"', 'row.id = "a["', ["status.row.id", "is not a path"]),
    "no path in a row": ('row.id = "message"', 'row.id = ""', ["status.row.id", "is not a path"]),
    "a path of a token": ('"data.token"', '"data[x]"', ["token.token", "is not a path"]),
    "a path of a lifetime": ('"data.seconds"', '"a..b"', ["token.lifetime", "is not a path"]),
    "a path of a refused token": ("refused_when.code", 'refused_when."a["', ["is not a path"]),
    "a pattern of a marker": ('{ code = "0" }', '{ code = "/[/" }', ["/[/ is not a pattern"]),
    "a pattern of a question": ('{ ok = "1" }', '{ ok = "/(/" }', ["status.answered.ok", "/(/"]),
    "a pattern of a refused token": ('code = "401"', 'code = "/(/"', ["token.refused_when.code"]),
    # credentials
    "a key of every backend": (
        'api_key = "canary-key"',
        'proxy = "canary"\napi_key = "canary-key"',
        ["auth.proxy", "no field and no header has {proxy}"],
    ),
    "a credential that nothing uses": (
        'api_key = "canary-key"',
        'password = "canary-key"\napi_key = "x"',
        ["auth.password: no field and no header has {password}"],
    ),
    "headers misspelt": (
        'headers.X-Key = "{api_key}"',
        'haeders.X-Key = "{api_key}"',
        ["auth.haeders: no field and no header has {haeders}", "mean 'headers'"],
    ),
    "a name with a hyphen": (
        'api_key = "canary-key"',
        'api-key = "canary-key"\napi_key = "x"',
        ["auth.api-key: a credential's name has a-z, 0-9 and _"],
    ),
    "a name in capitals": (
        'api_key = "canary-key"',
        'apiKey = "canary-key"\napi_key = "x"',
        ["auth.apiKey: a credential's name has a-z, 0-9 and _"],
    ),
    "a word of Python": (
        'api_key = "canary-key"',
        'class = "canary-key"\napi_key = "x"',
        ["auth.class: a credential's name", "not a word of Python"],
    ),
    "a value of the call": (
        'api_key = "canary-key"',
        'text = "canary-key"\napi_key = "x"',
        ["auth.text: {text} is already a value of the call: give another name"],
    ),
    "the token of the login": (
        'api_key = "canary-key"',
        'token = "canary-key"\napi_key = "x"',
        ["auth.token: {token} is what the login gives: give another name"],
    ),
    # addresses
    "an address without TLS": (
        'url = "https://gate.example"',
        'url = "http://gate.example"',
        ["url: credentials would go to gate.example without TLS", "cleartext_hosts"],
    ),
    "not an address": ('"https://gate.example"', '"gate.example"', ["url: give http"]),
}


@each(("old", "new", "says"), MISTAKES.values())
def test_a_mistake_is_named_with_its_line_its_key_and_what_is_right(
    tmp_path: Path, old: str, new: str, says: list[str]
) -> None:
    assert REST.count(old) == 1
    before, _, after = REST.partition(old)
    line = before.rpartition("\n")[2] + new.partition("\n")[0]
    error = refused(tmp_path, before + new + after, line)
    assert [word for word in says if word not in error] == []


CLOSED: Mapping[str, tuple[str, str, str, list[str]]] = {
    "a key of basic": (
        BASIC,
        "password = ",
        "pasword = ",
        ["auth.pasword: not a key of basic", "mean 'password'"],
    ),
    "a wsse that never ends": (
        SOAP,
        "auth.seconds = 60",
        "auth.seconds = 86401",
        ["auth.seconds: give seconds, above 0 and up to 86400"],
    ),
    "a wsse that is over": (
        SOAP,
        "auth.seconds = 60",
        "auth.seconds = 0",
        ["auth.seconds: give seconds, above 0 and up to 86400"],
    ),
    "a fraction of a second": (
        SOAP,
        "auth.seconds = 60",
        "auth.seconds = 0.5",
        ["auth.seconds: give a whole number"],
    ),
    "a text for a digest": (
        SOAP,
        "auth.digest = true",
        'auth.digest = "yes"',
        ["auth.digest: give true or false"],
    ),
    "a route over SOAP": (
        SOAP,
        'operation = "Submit"',
        'route = "POST /sms"',
        ["send.route: not a key of send", "operation"],
    ),
    "fields of basic": (
        BASIC,
        "username = ",
        "fields.x = ",
        ["auth.fields: not a key of basic"],
    ),
    "wsse over REST": (BASIC, 'type = "basic"', 'type = "wsse"', ["auth.type: wsse is", "SOAP"]),
    "a key of oauth2": (
        OAUTH,
        "auth.client_id =",
        "auth.client =",
        ["auth.client: not a key of oauth2", "mean 'client_id'"],
    ),
    "a number for a scope": (
        OAUTH,
        'auth.type = "oauth2"',
        'auth.scope = 5\nauth.type = "oauth2"',
        ["auth.scope: give text"],
    ),
    "a text for basic": (
        OAUTH,
        'auth.type = "oauth2"',
        'auth.basic = "yes"\nauth.type = "oauth2"',
        ["auth.basic: give true or false"],
    ),
    "a token_url without a slash": (
        OAUTH,
        '"/oauth/token"',
        '"oauth/token"',
        ["auth.token_url: give a path, such as /oauth/token, or a whole address"],
    ),
    "a token_url with a password": (
        OAUTH,
        '"/oauth/token"',
        '"https://acme:canary@id.example/"',
        ["auth.token_url: give a path"],
    ),
    "a token_url without TLS": (
        OAUTH,
        '"/oauth/token"',
        '"http://id.example/token"',
        ["auth.token_url: credentials would go to id.example without TLS", "cleartext_hosts"],
    ),
    "a number for a token_url": (OAUTH, '"/oauth/token"', "5", ["auth.token_url: give text"]),
    "a table for an env": (
        OAUTH,
        '"canary-secret"',
        '{ enw = "SECRET" }',
        ['client_secret: a table can only be { env = "NAME" }'],
    ),
}


@each(("base", "old", "new", "says"), CLOSED.values())
def test_a_mistake_in_an_auth_with_keys_of_its_own_is_named_so_too(
    tmp_path: Path, base: str, old: str, new: str, says: list[str]
) -> None:
    assert base.count(old) == 1
    before, _, after = base.partition(old)
    line = before.rpartition("\n")[2] + new.partition("\n")[0]
    error = refused(tmp_path, before + new + after, line)
    assert [word for word in says if word not in error] == []


MISSING: Mapping[str, tuple[str, str, str, list[str]]] = {
    "a route": (REST, 'route = "POST /sms"\n', "[backends.gate.send]", ["send: route is missing"]),
    "a route of a login": (
        REST,
        'route = "POST /login"\n',
        "[backends.gate.token]",
        ["token: route is missing"],
    ),
    "the recipient": (
        REST,
        'fields.to = "{recipient}"\n',
        'fields.body = "{text}"',
        ["send.fields: no field has {recipient}: the message would not arrive"],
    ),
    "the text": (
        REST,
        'fields.body = "{text}"\n',
        'fields.to = "{recipient}"',
        ["send.fields: no field has {text}: the message would not arrive"],
    ),
    "a marker": (
        REST,
        'accepted.when = { code = "0" }\n',
        'accepted.id = "id"',
        ['send.accepted: give when = { "path" = "word" }: name at least one path and its word'],
    ),
    "all of accepted": (
        REST,
        'accepted.when = { code = "0" }\naccepted.id = "id"\n',
        "[backends.gate.send]",
        ["send: accepted is missing"],
    ),
    "a row": (
        REST,
        'row.id = "message"\nrow.status = "state"\n',
        "[backends.gate.status]",
        ["status: row is missing"],
    ),
    "the path of a token": (
        REST,
        'token = "data.token"\n',
        "[backends.gate.token]",
        ["token: token is missing"],
    ),
    "the use of a token": (
        REST,
        'headers.X-Session = "{token}"\n',
        "[backends.gate.token]",
        ["token: no field and no header of a call has {token}"],
    ),
    "a password": (
        BASIC,
        'password = "canary-key"\n',
        "[backends.gate.auth]",
        ["auth: password is missing"],
    ),
    "a client id": (
        OAUTH,
        'auth.client_id = "acme"\n',
        'auth.type = "oauth2"',
        ["auth: client_id is missing"],
    ),
    "a token_url": (
        OAUTH,
        'auth.token_url = "/oauth/token"\n',
        'auth.type = "oauth2"',
        ["auth: token_url is missing"],
    ),
    "an address": (
        REST,
        'url = "https://gate.example"\n',
        "[backends.gate]",
        ["url: give the address of the service"],
    ),
    "every operation": (
        OAUTH,
        OAUTH.partition("\n\n")[2],
        "[backends.gate]",
        ["say what it can do: give one or more of send, status, received, sent"],
    ),
}


@each(("base", "old", "where", "says"), MISSING.values())
def test_what_is_missing_is_named_with_the_line_of_what_should_hold_it(
    tmp_path: Path, base: str, old: str, where: str, says: list[str]
) -> None:
    assert base.count(old) == 1
    error = refused(tmp_path, base.replace(old, ""), where)
    assert [word for word in says if word not in error] == []


def test_a_credential_that_is_misspelt_is_named_where_it_is_used(tmp_path: Path) -> None:
    text = REST.replace("api_key = ", "api_kye = ")
    error = refused(tmp_path, text, "headers.X-Key")
    assert "auth.headers.X-Key: there is no value {api_key}; did you mean 'api_kye'?" in error


def test_a_credential_may_not_have_the_name_of_what_every_backend_has(tmp_path: Path) -> None:
    for name in ("ca", "name", "timeout", "check", "credentials", "protocols", "kind"):
        text = REST.replace("api_key", name)
        error = refused(tmp_path, text, f'{name} = "canary-key"')
        assert error == f"auth.{name}: every backend has something of that name: give another name"


def test_two_fields_in_one_place_are_refused_by_the_line_of_the_fields(tmp_path: Path) -> None:
    text = REST.replace("fields.body", 'fields."to.body"')
    error = refused(tmp_path, text.replace("fields.to =", 'fields."to" ='), 'fields."to" =')
    assert "to is a field, and also holds other fields" in error


@each("field", ["to.x", "to[0]"])
def test_a_field_of_the_auth_may_not_stand_in_another_ones_place(
    tmp_path: Path, field: str
) -> None:
    text = REST.replace("headers.X-Key", f'fields."{field}"')
    error = refused(tmp_path, text, f'fields."{field}"')
    assert error.startswith("auth.fields: ")
    assert error.endswith("another field is in its place")


def test_an_empty_row_is_refused_with_what_it_may_have(tmp_path: Path) -> None:
    text = REST.replace('row.id = "message"\nrow.status = "state"', "row = {}")
    assert "give one or more of id, recipient, " in refused(tmp_path, text, "row = {}")


def test_a_session_has_one_conversation(tmp_path: Path) -> None:
    text = OAUTH.replace('"{text}" }', '"{text}", t = "{token}" }')
    login = '\n[backends.gate.token]\nroute = "POST /l"\ntoken = "t"\n'
    error = refused(tmp_path, text + login, "[backends.gate.token]")
    assert error == "token: oauth2 already fetches a token: leave one of the two out"


def test_without_a_login_a_credential_may_be_called_token() -> None:
    auth = 'auth = { type = "fields", fields = { t = "{token}" }, token = "x" }'
    assert read(f"{auth}\n{REST_SEND}").auth.credentials == ("token",)


def test_without_a_login_there_is_no_token() -> None:
    error = refusal(REST_SEND.replace("{text}", "{text}{token}"))
    assert "there is no value {token}" in str(error)
    assert error.key == ("send", "fields", "body")


# --- any mistake

SOUND = {"rest": REST, "basic": BASIC, "oauth": OAUTH, "soap": SOAP, "gate": GATE_BLOCK}
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *("", "x", "{text}", "{nobody}", "{", "a..b", "a[", "GET /x", "*", "/(/", "fields", "5"),
        *(0, -1, 10**400, 0.5, float("nan"), True, None, [], ["x"], {}, {"x": "y"}, {"a": {}}),
        *({"env": "X"}, {"{text}": {"*": "x"}}, {"md5": "{text}"}, {"{text}": 1}, {"*": "other"}),
        *(
            date(2027, 1, 31),
            "basic",
            "digest",
            "wsse",
            "oauth2",
            "none",
            "headers",
            "soap",
            "rest",
        ),
        *("\0", "\ud800", "é", "a\nb", "x" * 5000, "https://x.example", "http://x.example"),
    ]
)


@each("text", SOUND.values())
def test_without_a_mistake_each_block_is_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / "smsbridge.toml").write_text(text)
    assert from_file("gate", tmp_path / "smsbridge.toml").name == "gate"


def places(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in tree.items():
        yield (*above, key)
        if isinstance(value, Mapping):
            yield from places(value, (*above, key))


@st.composite
def mistaken(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a block with a few mistakes: something odd, gone, or under another name."""
    block: dict[str, Any] = tomllib.loads(draw(st.sampled_from(list(SOUND.values()))))
    block = block["backends"]["gate"]
    for _ in range(draw(st.integers(1, 3))):
        *above, key = draw(st.sampled_from(list(places(block))))
        inner = block
        for step in above:
            inner = inner[step]
        match draw(st.sampled_from(["odd", "gone", "other name", "one more"])):
            case "odd":
                inner[key] = deepcopy(draw(ODD))
            case "gone":
                del inner[key]
            case "other name":
                inner[draw(st.sampled_from(["", "a.b", "text", f"{key}x", "{text}"]))] = inner.pop(
                    key
                )
            case _:
                inner[draw(st.sampled_from(["x", "text", "md5", "auth", "token"]))] = deepcopy(
                    draw(ODD)
                )
        if not block:
            break
    return block


def trouble_with(block: dict[str, Any]) -> Exception | None:
    """Return why a block is refused, or what its first send ends in."""
    try:
        backend = from_mapping(block, name="gate", environ={"X": "canary"})
    except ConfigError as error:
        return error
    try:
        drive(backend.send(MESSAGE, session()), lambda _: Response(status=503))
    except SmsbridgeError as error:
        return error
    return None


@given(mistaken())
def test_any_mistake_is_a_clear_error_before_a_send_or_an_end_of_it(block: dict[str, Any]) -> None:
    error = trouble_with(block)
    assert error is not None
    assert str(error)
    if block.get("wsdl") != {"env": "X"}:  # the name of a file that isn't there is told
        assert "canary" not in behind(error)
