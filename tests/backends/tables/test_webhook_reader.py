"""What a provider sends, as tables of a block of TOML: read of it, and each mistake by its line."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Backend, Client, ConfigError, Message, Status
from smsbridge.config.load import from_file, from_mapping
from smsbridge.http.exchange import Request
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.text.toml import read_toml
from smsbridge.webhooks import Receiver, Webhook, WebhookKind

from support.each import each

HEAD = """
[backends.quay]
backend = "rest"
url = "https://quay.example"
body = "form"
auth = { type = "fields", key = "KEY", hook_key = "HOOK", fields = { key = "{key}" } }
statuses = { D = "delivered" }

[backends.quay.send]
route = "POST /sms"
fields = { to = "{recipient}", text = "{text}", report_to = "{callback}?ours={reference|url}" }
accepted = { when = { id = "*" }, id = "id" }
"""
SIGNED = """
[backends.quay.reported.signed]
header = "X-Sign"
value = { hmac-sha256 = { key = "{hook_key}", of = "{body}", as = "hex" } }
"""
REPORTED = f"""
[backends.quay.reported]
row = {{ id = "id", status = "s", at = {{ path = "t", format = "%d%m%Y %H:%M" }} }}
{SIGNED}"""


def made(text: str, **more: Any) -> Backend:
    return from_mapping({**read_toml(HEAD + text)["backends"]["quay"], **more})


def tables(text: str, **more: Any) -> tuple[Webhook, ...]:
    return tuple(made(text, **more).webhooks)


def test_a_table_has_the_body_of_json_and_takes_post_unless_it_says_more() -> None:
    (table,) = tables(REPORTED)
    assert (table.kind, table.takes, table.body) == (WebhookKind.REPORTED, ("POST",), "json")
    assert table.option("at", "format") == "%d%m%Y %H:%M"
    assert (table.answer.status, table.answer.body) == (200, "")


def test_it_has_the_statuses_of_the_block_or_its_own() -> None:
    assert tables(REPORTED)[0].statuses == {"D": Status.DELIVERED}
    own = REPORTED.replace(
        "[backends.quay.reported]", "[backends.quay.reported]\nstatuses.1='sent'"
    )
    assert tables(own)[0].statuses == {"1": Status.SENT}


def test_several_tables_of_a_kind_are_read_in_the_order_of_the_block() -> None:
    found = tables(
        """
[[backends.quay.reported]]
when = { a = "1" }
row = { id = "id", status = "s" }
[[backends.quay.reported]]
takes = ["GET", "POST"]
row = { id = "id", status = "s" }
[backends.quay.arrived]
body = "xml"
row = { sender = ["a.@from", "b"], text = "a.#text" }
[backends.quay.other]
""",
        auth={},
    )
    assert [table.kind.value for table in found] == ["reported", "reported", "arrived", "other"]
    assert [table.takes for table in found[:2]] == [("POST",), ("GET", "POST")]
    assert found[2].paths("sender") == ("a.@from", "b")


def test_a_credential_that_only_signs_is_one_of_the_block() -> None:
    receiver = Receiver(made(REPORTED))
    assert receiver.answer(Request(method="POST", url="/", body=b"{}"), print).status == 401
    with pytest.raises(ConfigError, match=r"no field and no header has \{hook_key\}"):
        made(REPORTED.replace("{hook_key}", "{secret}"))


def test_a_copy_by_pickle_has_its_tables() -> None:
    public = from_mapping(
        {
            **read_toml(HEAD)["backends"]["quay"],
            "auth": {},
            "arrived": {
                "row": {"sender": "a", "text": "b"},
            },
        }
    )
    assert pickle.loads(pickle.dumps(public)).webhooks == public.webhooks


BAD: list[tuple[str, str]] = [
    ("row = { id = 'id', state = 's' }", "line 14.*row.*'state' is not read"),
    ("row = { id = 'id' }", "line 14.*reported.row: give the path of status"),
    ("row = { id = 'id', status = 's' }\nbody = 'csv'", "line 15.*reported.body: 'csv': give"),
    ("row = { id = 'id', status = 's' }\ntakes = 'HEAD'", "line 15.*reported.takes: 'HEAD'"),
    ("row = { id = 'id', status = 's' }\nchanel = 'sms'", "line 15.*did you mean 'channel'"),
    ("row = { id = 'id', status = 's' }\nchannel = 'fax'", "line 15.*there is no channel 'fax'"),
    ("row = { id = 'id', status = 's' }\nstatuses = { 1 = 'gone' }", "line 15.*no status 'gone'"),
    ("row = { id = 'id', status = 's' }\nanswer = { body = '{txt}' }", "line 15.*no value {txt}"),
    ("row = { id = 'id', status = 's' }\nanswer = { code = 1 }", "line 15.*not a key of reported"),
    (
        "row = { id = 'id', status = 's' }\nsigned = { header = 'X', value = '{kye}' }",
        "line 15.*there is no value {kye}; did you mean 'key'",
    ),
    (
        "row = { id = 'id', status = 's' }\nsigned = { value = '{key}' }",
        "line 15.*reported.signed: header is missing",
    ),
    (
        "row = { id = 'id', status = 's' }\nsigned = { header = 'X' }",
        "line 15.*signed.timestamp: give the header of {timestamp}",
    ),
    ("row = { id = 'id', status = 's' }\nrows = 'a..b'", "line 15.*'a..b' is not a path"),
    (
        "row = { id = 'id', status = 's', at = { path = 't', format = '%H' } }",
        "line 14.*reported.row.at.format: '%H' has no year",
    ),
    ("row = { id = 'id', status = { match = '(a)' } }", "line 14.*row.status: path is missing"),
]


@each(("lines", "why"), BAD)
def test_a_mistake_is_refused_with_its_line(lines: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "smsbridge.toml"
    file.write_text(f"{HEAD}[backends.quay.reported]\n{lines}\n")
    with pytest.raises(ConfigError, match=why):
        from_file("quay", file)


@each(
    ("value", "why"),
    [
        ("{ hmac-sha256 = { key = '{key}' } }", "has key, from, of, as"),
        ("{ hmac-sha256 = { key = '{key}', of = '{body}', as = 'HEX' } }", "there is no 'HEX'"),
        ("{ hmac-sha256 = { key = '{key}', of = '{form}', as = 'hex' } }", "{form} is not one of"),
        ("{ hmac-sha256 = { key = '{key}', of = 1, as = 'hex' } }", "of: give text"),
        ("{ hmac-sha3 = { key = '{key}', of = '{body}', as = 'hex' } }", "neither a filter nor"),
        ("{ hmac-sha256 = { key = '{key', of = '{body}' } }", "key: .*braces hold a value"),
        ("{ hmac-sha256 = { key = '{key}', of = '{url}{nonce}' } }", "give the header of {nonce}"),
        (
            "{ hmac-sha256 = { key = '{key}', from = 'hex', of = '{body}' } }",
            "from: there is no 'hex'",
        ),
        ("'{key'", "braces hold a value"),
    ],
)
def test_a_signature_that_could_not_be_computed_is_refused(value: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"reported.signed.(value|nonce): .*{why}"):
        made(REPORTED.replace(SIGNED, f"signed = {{ header = 'X', value = {value} }}"))


def sent(backend: Backend) -> str:
    mock = Provider(backend)
    with Client(backend, transport=InProcess(mock)) as sms:
        sms.send(Message(recipient="+12025550123", text="Hello", reference="order/4711"))
    return mock.requests[-1].body.decode()


def test_the_callback_is_a_value_of_a_send_and_without_one_its_field_is_left_out() -> None:
    told = sent(made("", auth={}, callback="https://app.example/sms"))
    assert "report_to=https%3A%2F%2Fapp.example%2Fsms%3Fours%3Dorder%252F4711" in told
    assert "report_to" not in sent(made("", auth={}))


@each("callback", ["app.example/sms", "ftp://app.example", "https://u:p@app.example/"])
def test_a_callback_that_nobody_could_call_is_refused(callback: str) -> None:
    with pytest.raises(ConfigError, match="callback: give http:// or https://"):
        made("", auth={}, callback=callback)


def test_each_key_of_the_page_can_stand_in_one_table() -> None:
    (table,) = tables(
        """
[backends.quay.reported]
takes = "GET"
body = "xml"
charset = "iso-8859-1"
channel = "whatsapp"
when = { type = ["MESSAGE", "DLR"], kind = "/a|b/" }
texts = ["a"]
rows = "results"
row = { reference = "uuid", status = "status", at = { path = "time", format = "%d%m%Y %H:%M" } }
statuses = { 1 = "delivered", 2 = "undelivered", 4 = "sent", "10-12" = "read", "*" = "queued" }
answer = { status = 202, body = "ACK/Jasmin", type = "text/plain" }
envelope = { id = "event", occurred_at = ["t", "d h"] }
types = ["dlr"]
also = { account = "{key}", when = "{now|iso}" }
headers = { X-Event = "{id}" }

[backends.quay.reported.signed]
header = "X-Sign"
rotating = "X-Sign-Next"
timestamp = "X-Time"
nonce = "X-Nonce"
seconds = 60
value = ["v1=", { hmac-sha1 = { key = "{hook_key}{secret}", of = "{url}{form|sorted}{nonce}" } }]
"""
    )
    assert table.signed is not None
    assert table.signed.names == {"hook_key", "secret"}
    assert table.signed.covers == {"url", "form", "nonce"}
    assert (table.answer.status, table.charset, table.channel) == (202, "iso-8859-1", "whatsapp")
    assert table.envelope == {"id": "event", "occurred_at": ("t", "d h")}
