"""A door: takes what the mock takes, identifies callers, and refuses as the dialect does."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from smsbridge import AuthenticationFailed, Client, Secret, Status
from smsbridge.bridge.doors.door import ids_of
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.callers import MOST_WRONG

from support.blocks import GATE
from support.bridges import (
    CALLERS,
    HERE,
    NEW,
    NUMBER,
    OLD,
    DoorTransport,
    Running,
    config_text,
    form,
    get,
    open_store,
    put,
    read,
    running,
    sending,
)
from support.digests import by_urllib
from support.each import each
from support.events import events_of
from support.logins import AUTH, SOAP
from support.mocking import ENVELOPE
from support.vendor import EXAMPLES
from support.webhook_receivers import received

SOAP_PATH = "/sendsms/wsdl/server.php"


def said(answer: Response) -> Any:
    return json.loads(answer.body)


def soap(key: str = "shop-key", path: str = SOAP_PATH, text: str = "Hello") -> Request:
    fields = f"<recipients>{NUMBER}</recipients><message>{text}</message><apikey>{key}</apikey>"
    body = ENVELOPE.format(fields).encode()
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    return Request(method="POST", url=f"http://localhost{path}", headers=headers, body=body)


def test_rest_goes_in_and_another_rest_comes_out(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        answer = run.send()
        (stored,) = run.settled()
        assert run.arrived() == ["Hello"]
    assert answer.status == 200
    assert said(answer) == {"result": {"error": "0", "id": stored.id, "sent": "1"}}
    assert (stored.state, stored.caller, stored.protocol) == ("accepted", "shop", "rest")


def test_soap_goes_in_and_rest_comes_out(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        answer = run.ask(soap())
        (stored,) = run.settled()
        assert run.arrived() == ["Hello"]
    assert answer.status == 200
    assert stored.id in answer.body.decode()
    assert stored.protocol == "soap"


def test_oauth_goes_in_with_a_token_that_the_store_has_as_a_hash(tmp_path: Path) -> None:
    account = {
        "grant_type": "client_credentials",
        "client_id": "app",
        "client_secret": "app-secret",
    }
    message = {"recipients": NUMBER, "message": "Hello"}
    with running(tmp_path) as run:
        token = said(run.ask(form("/oauth2/token", account)))["access_token"]
        bearer = f"Bearer {token}"
        assert said(run.ask(form("/sendsms/", message, Authorization=bearer)))["result"]["id"]
        wrong = run.ask(form("/sendsms/", message, Authorization="Bearer no"))
        assert said(wrong)["result"]["error"] == "1"
        (stored,) = run.settled()
        refused = run.ask(form("/oauth2/token", {**account, "client_secret": "no"}))
    assert (stored.caller, stored.protocol) == ("app", "oauth")
    assert (refused.status, said(refused)) == (401, {"error": "invalid_client"})
    everything = b"".join(one.read_bytes() for one in tmp_path.glob("bridge.db*"))
    for secret in (token, "app-secret", "shop-key", "new-key"):
        assert secret.encode() not in everything


def test_wrong_credentials_are_refused_as_the_dialect_does_it(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        rest, envelope = run.send(key="no-key"), run.ask(soap("no-key"))
        assert run.messages() == []
        (door,) = run.bridge.doors
        assert door.counts.refused["wrong credentials"] == 2
    assert (rest.status, said(rest)) == (200, {"result": {"error": "1"}})
    assert envelope.status == 500
    assert b"Invalid API key" in envelope.body


def test_an_address_with_many_wrong_calls_is_turned_away_for_a_while(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        for _ in range(MOST_WRONG):
            assert run.send(key="no-key").status == 200
        assert run.send().status == 429
        assert run.ask(soap()).status == 429
        account = {"grant_type": "client_credentials", "client_id": "app"}
        assert run.ask(form("/oauth2/token", account)).status == 429
        run.sender = "192.0.2.2"
        assert run.send().status == 200
        assert len(run.settled()) == 1


def test_what_can_t_be_read_is_refused_in_its_protocol(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        bad = Request(method="POST", url=f"http://localhost{SOAP_PATH}", body=b"<no")
        answer = run.ask(bad)
        assert (answer.status, b"Fault" in answer.body) == (500, True)
        hostile = b'<!DOCTYPE a [<!ENTITY b "c">]>' + soap().body
        assert b"Fault" in run.ask(Request(method="POST", url=bad.url, body=hostile)).body
        assert run.messages() == []


def test_a_call_of_no_door_is_not_found(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        assert run.ask(get("/nowhere")).status == 404


@each("method", ["GET", "HEAD"])
def test_the_wsdl_is_served_with_only_its_address_changed(tmp_path: Path, method: str) -> None:
    with running(tmp_path) as run:
        for path in (f"{SOAP_PATH}?wsdl", "/sendsms/wsdl/sendsms.wsdl"):
            request = Request(method=method, url=f"http://localhost{path}")
            answer = run.ask(request)
            assert answer.status == 200
            places = etree.fromstring(answer.body).xpath("//@location")
            assert places == [HERE + SOAP_PATH]


def test_a_door_with_a_path_serves_everything_below_it(tmp_path: Path) -> None:
    with running(tmp_path, config_text('path = "/services/old"')) as run:
        assert run.ask(sending()).status == 404
        moved = form(
            "/services/old/sendsms/",
            {"apikey": "shop-key", "recipients": NUMBER, "message": "One"},
        )
        assert said(run.ask(moved))["result"]["error"] == "0"
        assert run.ask(soap(path="/services/old", text="Two")).status == 200
        wsdl = run.ask(get("/services/old?wsdl"))
        assert f'location="{HERE}/services/old"'.encode() in wsdl.body
        assert run.ask(soap()).status == 404
        assert {one.text for one in run.settled()} == {"One", "Two"}


def oldcorp() -> str:
    """Return a config whose door speaks the docs' WSDL."""
    text = config_text(backends=NEW, door='path = "/services/oldcorp"').replace(
        'speaks = "old"', 'speaks = "oldcorp"'
    )
    callers = text[text.index("callers") : text.index("\npath")]
    text = text.replace(callers, 'callers = { shop = { username = "shop", password = "pw" } }')
    example = (EXAMPLES / "smsbridge.toml").read_text(encoding="utf-8")
    block = example[example.index("[backends.oldcorp]") : example.index("[backends.newcorp]")]
    wsdl = EXAMPLES / "oldcorp.wsdl"
    return text + block.replace("oldcorp.wsdl", str(wsdl))


def test_a_block_with_a_wsdl_of_its_own_is_a_door_too(tmp_path: Path) -> None:
    with running(tmp_path, oldcorp()) as run:
        (door,) = run.bridge.doors
        assert door.paths() == {"/services/oldcorp/"}
        account = replace(door.config.callers["shop"], url="http://localhost/services/oldcorp")
        with Client(account, transport=DoorTransport(run)) as client:
            first = client.send(NUMBER, "Hello", reference="order-1")
            (stored,) = run.settled()
            assert (stored.reference, first.id) == ("order-1", stored.id)
            assert client.send(NUMBER, "Hello", reference="order-1").id == first.id
            assert client.status(first).status is Status.QUEUED
            assert client.status("0" * 40).status is Status.UNKNOWN
        assert len(run.arrived()) == 1
        wrong: dict[str, Any] = {"password": Secret("no")}
        stranger = replace(account, **wrong)
        with (
            Client(stranger, transport=DoorTransport(run)) as client,
            pytest.raises(AuthenticationFailed),
        ):
            client.send(NUMBER, "Hello")


def oldcorp_call(inner: str) -> Request:
    envelope = "http://schemas.xmlsoap.org/soap/envelope/"
    names = f'xmlns:s="{envelope}" xmlns="urn:oldcorp:messaging:2009"'
    body = f"<s:Envelope {names}><s:Body>{inner}</s:Body></s:Envelope>".encode()
    headers = {"Content-Type": "text/xml", "Authorization": "Basic c2hvcDpwdw=="}
    url = "http://localhost/services/oldcorp"
    return Request(method="POST", url=url, headers=headers, body=body)


LATER = "<notBefore>2035-01-31T09:00:00Z</notBefore>"


def test_a_field_that_the_table_doesn_t_have_is_refused_unless_it_may_be_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fields = f"<destination>{NUMBER[1:]}</destination><body>Hello</body><priority>high</priority>"

    def call(more: str) -> Request:
        inner = f"<request>{fields}{more}</request>"
        return oldcorp_call(f"<SubmitShortMessage>{inner}</SubmitShortMessage>")

    text = oldcorp()
    with running(tmp_path, text) as run:
        assert run.ask(call("")).status == 500
        assert run.messages() == []
        (door,) = run.bridge.doors
        assert door.counts.refused == {"a field that can't be passed on": 1}
        assert "refused: request.priority can't be passed on" in caplog.text
        assert door.warning == (
            "its WSDL has request.notBefore, request.priority, which no table of oldcorp "
            "carries: a send with such a field is refused, until its table has the field or "
            "ignore in [doors.shop] names it"
        )
        assert door.warning in caplog.text
    text = text.replace("[doors.shop]", '[doors.shop]\nignore = ["request.priority"]')
    with running(tmp_path, text) as run:
        run.ask(call(LATER))
        assert run.messages() == []
        for unset in ("", "<notBefore>0001-01-01T00:00:00</notBefore>"):
            assert run.ask(call(unset)).status == 200
        (door,) = run.bridge.doors
        assert door.counts.leniencies == {
            ("shop", "request.priority is not passed on"): 2,
            ("shop", "request.notBefore counts as not set"): 1,
        }
        assert len(run.settled()) == 2


@each(
    ("fields", "count", "said"),
    [
        (f"<body>Hello</body><destination>{NUMBER[1:]}</destination><priority/>", 1, ""),
        (
            f"<destination>{NUMBER[1:]}</destination><body>Hello</body><notBefore/>",
            1,
            "",
        ),
        (
            f"<body>Hello</body><destination>{NUMBER[1:]}</destination>{LATER}",
            0,
            "request.notBefore can't be passed on",
        ),
        (
            "<body>Hello</body>",
            0,
            "recipient \u2022\u2022\u2022: give + and 5 to 15 digits",
        ),
        ("<body>", 0, "the document is not well-formed XML"),
    ],
)
def test_a_call_that_the_schema_refuses_is_read_as_well_as_it_can_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fields: str, count: int, said: str
) -> None:
    call = oldcorp_call(f"<SubmitShortMessage><request>{fields}</request></SubmitShortMessage>")
    with running(tmp_path, oldcorp()) as run:
        run.ask(call)
        assert len(run.settled()) == count
        (door,) = run.bridge.doors
        told = [one for one in caplog.messages if one.startswith("refused: ")]
        whys = [one.removeprefix("refused: ").partition(";")[0] for one in told]
        assert whys == ([said] if said else [])
        noted = {("shop", "a request that doesn't fit the schema"): 1}
        assert not count or door.counts.leniencies == noted


def test_a_challenge_comes_before_the_body_and_again_after_a_restart(tmp_path: Path) -> None:
    text = oldcorp()
    basic = text[text.index('auth = { type = "basic"') :].split("\n", 1)[0]
    text = text.replace(basic, 'auth = { type = "digest", username = "a", password = "b" }')
    fields = f"<destination>{NUMBER[1:]}</destination><body>Hello</body>"
    call = oldcorp_call(f"<SubmitShortMessage><request>{fields}</request></SubmitShortMessage>")

    def ask(run: Running, body: bytes, authorization: str) -> Response:
        headers = {"Content-Type": "text/xml", "Authorization": authorization}
        return run.ask(replace(call, headers=headers, body=body))

    def signed(answer: Response, password: str = "pw") -> str:
        said = dict(re.findall('(\\w+)="?([^",]*)', answer.header("www-authenticate")))
        return by_urllib(said, call.url, {"user": "shop", "password": password})

    with running(tmp_path, text) as run:
        first = ask(run, b"", "")
        assert first.status == 401
        assert ask(run, call.body, signed(first)).status == 200
        assert b">40<" in ask(run, call.body, signed(first, "no")).body
    with running(tmp_path, text) as run:
        late = ask(run, call.body, signed(first))
        assert (late.status, "stale=true" in late.header("www-authenticate")) == (401, True)
        assert ask(run, call.body, signed(late)).status == 200
        (door,) = run.bridge.doors
        assert not door.counts.refused
        assert len(run.settled()) == 2


def test_a_call_without_http_basic_is_challenged(tmp_path: Path) -> None:
    fields = f"<destination>{NUMBER[1:]}</destination><body>Hello</body>"
    call = oldcorp_call(f"<SubmitShortMessage><request>{fields}</request></SubmitShortMessage>")
    with running(tmp_path, oldcorp()) as run:
        answer = run.ask(replace(call, headers={"Content-Type": "text/xml"}))
        assert (answer.status, answer.header("www-authenticate")[:6]) == (401, "Basic ")
        (door,) = run.bridge.doors
        assert not door.counts.refused


def test_a_refusal_has_no_id(tmp_path: Path) -> None:
    fields = f"<destination>{NUMBER[1:]}</destination><body>Hello</body>"
    call = f"<SubmitShortMessage><request>{fields}</request></SubmitShortMessage>"
    with running(tmp_path, oldcorp()) as run:
        right = oldcorp_call(call)
        answer = run.ask(replace(right, headers={**right.headers, "Authorization": "Basic eA=="}))
    assert etree.fromstring(answer.body).xpath("//*[not(*)]/text()") == ["40"]


def test_an_answer_has_the_status_that_the_provider_was_seen_to_give(tmp_path: Path) -> None:
    callers = "{ shop = { username = 'AC1', password = 'p' } }"
    text = config_text(backends='[backends.old]\nbackend = "twilio"\n' + NEW)
    basic = {"Authorization": f"Basic {b64encode(b'AC1:p').decode()}"}
    path, message = "/2010-04-01/Accounts/AC1/Messages.json", {"To": NUMBER, "Body": "Hello"}
    with running(tmp_path, text.replace(CALLERS, callers)) as run:
        taken = run.ask(form(path, message, **basic))
        refused = run.ask(form(path, {**message, "To": "12"}, **basic))
        wrong = run.ask(form(path, message, Authorization="Basic QUMxOng="))
        (stored,) = run.messages()
    assert (taken.status, said(taken)["sid"]) == (201, stored.id)
    assert (refused.status, said(refused)) == (400, {"code": 21211})
    assert (wrong.status, said(wrong)) == (401, {"code": 20003})


def test_an_operation_that_the_table_doesn_t_have_is_a_fault(tmp_path: Path) -> None:
    text = oldcorp()
    end = text.index("[backends.oldcorp.received]")
    with running(tmp_path, text[:end]) as run:
        answer = run.ask(oldcorp_call("<FetchInbox/>"))
        assert answer.status == 500
        assert b"<faultcode>SOAP-ENV:Client</faultcode>" in answer.body
        assert run.ask(oldcorp_call("<Other/>")).status == 500
        unfit = run.ask(oldcorp_call("<FetchInbox><more/></FetchInbox>"))
        assert b"no longer supported" in unfit.body


def test_a_leniency_is_counted_by_caller(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.ask(get(f"/sendsms/?apikey=till-key&recipients=%2B{NUMBER[1:]}&message=Hello"))
        (door,) = run.bridge.doors
        assert door.counts.leniencies == {("till", "GET instead of POST"): 1}
        run.settled()


def test_a_store_that_can_t_be_written_is_a_fault_of_the_dialect(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.send("Before")
        run.settled()
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE messages RENAME TO away")
        rest, envelope = run.send("During"), run.ask(soap(text="During"))
        with run.store.database.write("test") as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO messages")
        assert (rest.status, envelope.status) == (500, 500)
        assert b"Server" in envelope.body
        assert run.send("After").status == 200
        assert [one.text for one in run.settled()] == ["Before", "After"]


def test_a_webhook_names_a_message_as_its_door_does(tmp_path: Path) -> None:
    digits = """
[backends.digits]
backend = "rest"
url = "https://digits.example"
auth = { type = "fields", fields = { key = "{key}" }, key = "k" }
[backends.digits.send]
route = "POST /send"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { id = "/[0-9]+/" }, id = "id" }
"""
    second = '[doors.two]\nspeaks = "digits"\nto = "new"\ncallers = { a = { key = "k" } }\n'
    words, numbers = read(tmp_path, config_text(backends=second + digits + OLD + NEW)).doors
    with open_store(tmp_path) as store:
        message = put(store)
        received(store)
        (came,) = events_of(store)
    assert (ids_of(words)(message), ids_of(words)(came)) == (message.id, came.id)
    assert (ids_of(numbers)(message), ids_of(numbers)(came)) == (message.number, came.number)


@each("path", ["", "/gate"])
def test_a_login_by_a_wsdl_is_taken_where_the_door_is(tmp_path: Path, path: str) -> None:
    login = SOAP.replace("\n[", "\n[backends.old.")
    block = f'[backends.old]\nbackend = "soap"\nwsdl = "{GATE}"\n{AUTH}{login}'
    callers = '{ shop = { user = "shop", pin = "one" } }'
    text = config_text(f'path = "{path}"' if path else "", backends=block + NEW)
    with running(tmp_path, text.replace(CALLERS, callers)) as run:
        (door,) = run.bridge.doors
        account = door.config.callers["shop"]
        there = replace(account, url=f"http://localhost{path}") if path else account
        with Client(there, transport=DoorTransport(run)) as client:
            client.send(NUMBER, "Hello")
        wrong: dict[str, Any] = {"pin": Secret("no")}
        with (
            Client(replace(there, **wrong), transport=DoorTransport(run)) as client,
            pytest.raises(AuthenticationFailed),
        ):
            client.send(NUMBER, "Hello")
        (stored,) = run.settled()
    assert stored.caller == "shop"
