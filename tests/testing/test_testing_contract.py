"""Every fixture holds over every protocol; whatever leaves in another shape is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from smsbridge import (
    Backend,
    ClientCredentials,
    Fields,
    Operation,
    Protocol,
    Rest,
    Secret,
    When,
)
from smsbridge.auth import Auth, Credentials, Make
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.codecs.rest import parse_form
from smsbridge.errors import CallerError
from smsbridge.exchange import Exchange, Request, Response, Session
from smsbridge.site import Site
from smsbridge.testing.contract import cases, check, unpinned
from smsbridge.testing.fixture import Fixture, load, parse, shipped
from smsbridge.testing.sample import sample_backend

ALL = [load(fixture_id) for fixture_id in shipped("smsmobileapi/")]
CASES = list(cases(sample_backend(), ALL))
SEND = "smsmobileapi/send/"


@pytest.mark.parametrize(
    ("fixture", "protocol"), CASES, ids=[f"{fixture.id} {name}" for fixture, name in CASES]
)
def test_each_fixture_holds_over_each_protocol_that_it_is_for(
    fixture: Fixture, protocol: str
) -> None:
    assert check(sample_backend(), fixture, protocol) == []


def test_each_fixture_that_ships_is_played_by_the_contract_or_is_the_default() -> None:
    played = {fixture.id for fixture, _ in CASES}
    assert set(shipped("smsmobileapi/")) == played | {"smsmobileapi/default"}


def test_a_fixture_without_protocols_is_for_each_of_the_backend() -> None:
    fixture = load(f"{SEND}no-sense")
    assert fixture.protocols == ()
    assert list(cases(sample_backend(), [fixture])) == [
        (fixture, "rest"),
        (fixture, "soap"),
        (fixture, "oauth"),
    ]


def test_a_fixture_with_protocols_is_for_those_alone() -> None:
    fixture = load(f"{SEND}moved")
    assert [name for _, name in cases(sample_backend(), [fixture])] == ["rest", "oauth"]


def test_a_fixture_that_sends_nothing_is_no_case_and_can_not_be_checked() -> None:
    fixture = load("smsmobileapi/default")
    assert list(cases(sample_backend(), [fixture])) == []
    with pytest.raises(ValueError, match="fixture smsmobileapi/default sends no message"):
        check(sample_backend(), fixture, "rest")


def test_every_operation_of_smsmobileapi_is_pinned_over_every_protocol() -> None:
    assert unpinned(sample_backend(), ALL) == []


@pytest.mark.parametrize("protocol", ["rest", "soap", "oauth"])
def test_an_operation_that_no_fixture_pins_is_named(protocol: str) -> None:
    left = [fixture for fixture in ALL if protocol not in fixture.protocols]
    assert unpinned(sample_backend(), left) == [f"send over {protocol}"]


@pytest.mark.parametrize("protocol", ["rest", "soap", "oauth"])
def test_each_protocol_of_a_send_is_pinned_by_its_accepted_fixture(protocol: str) -> None:
    accepted = [fixture for fixture in ALL if "/accepted-" in fixture.id]
    assert unpinned(sample_backend(), accepted) == []
    left = [fixture for fixture in accepted if not fixture.id.endswith(protocol)]
    assert unpinned(sample_backend(), left) == [f"send over {protocol}"]


def test_nothing_is_pinned_by_no_fixture_or_by_meaning_alone() -> None:
    everything = ["send over rest", "send over soap", "send over oauth"]
    assert unpinned(sample_backend(), []) == everything
    by_meaning = [load(f"{SEND}{name}") for name in ("no-sense", "provider-error")]
    assert unpinned(sample_backend(), by_meaning) == everything


def test_a_request_without_a_body_pins_nothing() -> None:
    text = HEAD.replace("message:", "protocols: [rest]\nmessage:")
    fixture = parse(f"{text}  - {{id: x, request: {{path: /sendsms/}}, response: {{}}}}\n", "x")
    assert "send over rest" in unpinned(sample_backend(), [fixture])


class Single(Backend):
    name = "single"
    url = "https://api.single.example"
    key: Secret
    protocols = {
        "rest": Protocol(
            Rest(body="json"),
            Fields({"key": "{key}"}),
            send=Operation(
                "POST /send",
                fields={"to": "{recipient}", "text": "{text}"},
                accepted=When({"ok": "yes"}, id="id"),
            ),
        )
    }


HEAD = """\
smsbridge-fixture: 1
id: shop/one
title: One
provenance: {source: ASSUMED, evidence: made up for a test, date: "2026-11-22"}
message: {recipient: "+12025550123", text: Hello}
expect: {outcome: accepted}
interactions:
"""
SINGLE = """\
  - id: it
    request:
      path: /send
      json: {key: "{secret:key}", to: "+12025550123", text: Hello}
    response: {json: {ok: "yes"}}
"""


def test_a_fixture_for_all_protocols_pins_its_operation_over_each_of_them() -> None:
    backend, fixture = Single(key=Secret("test-key")), parse(HEAD + SINGLE, "shop/one")
    assert [name for _, name in cases(backend, [fixture])] == ["rest"]
    assert check(backend, fixture, "rest") == []
    assert unpinned(backend, [fixture]) == []


# What the contract reports


def changed(fixture_id: str, expect: Mapping[str, Any] | None = None, **more: Any) -> Fixture:
    fixture = load(f"{SEND}{fixture_id}")
    return replace(fixture, expect=fixture.expect if expect is None else expect, **more)


@pytest.mark.parametrize(
    ("fixture_id", "protocol", "expect", "says"),
    [
        ("accepted-rest", "rest", {"outcome": "rejected"}, "not rejected"),
        ("accepted-rest", "rest", {"outcome": "unknown"}, "not unknown"),
        ("accepted-rest", "rest", {"outcome": "not_sent"}, "not not_sent"),
        ("no-sense", "soap", {"outcome": "accepted"}, "not accepted"),
        ("moved", "oauth", {"outcome": "unknown"}, "not unknown"),
        ("accepted-soap", "soap", {"outcome": "accepted", "id": "other"}, "id is "),
        ("accepted-oauth", "oauth", {"outcome": "accepted", "id": "{minted:token}"}, "id is "),
        ("accepted-rest", "rest", {"outcome": "accepted", "status": "sent"}, "status is "),
        ("provider-error", "rest", {"outcome": "rejected", "reason": "quota"}, "reason is "),
        ("provider-error", "soap", {"outcome": "rejected", "code": "other"}, "code is "),
        ("token-refused", "oauth", {"outcome": "rejected", "code": "other"}, "code is "),
    ],
)
def test_another_end_than_expected_is_reported(
    fixture_id: str, protocol: str, expect: Mapping[str, Any], says: str
) -> None:
    wrong = check(sample_backend(), changed(fixture_id, expect), protocol)
    assert len(wrong) == 1
    assert says in wrong[0]


def test_each_difference_is_reported() -> None:
    expect = {"outcome": "rejected", "reason": "quota", "code": "other"}
    wrong = check(sample_backend(), changed("provider-error", expect), "rest")
    assert [line.partition(" ")[0] for line in wrong] == ["reason", "code"]


def test_an_id_that_must_not_be_there_is_reported() -> None:
    expect = {"outcome": "accepted", "id": None}
    wrong = check(sample_backend(), changed("accepted-rest", expect), "rest")
    assert [line.partition(" ")[0] for line in wrong] == ["id"]


def test_no_id_may_be_expected() -> None:
    fixture = replace(parse(HEAD + SINGLE, "x"), expect={"outcome": "accepted", "id": None})
    assert check(Single(key=Secret("test-key")), fixture, "rest") == []


def test_a_word_that_the_outcome_has_not_is_reported() -> None:
    expect = {"outcome": "not_sent", "code": "301"}
    wrong = check(sample_backend(), changed("moved", expect), "rest")
    assert [line.partition(" ")[0] for line in wrong] == ["code"]


SPARE = "  - {id: spare, request: {path: /spare}, response: {}}\n"


def test_an_interaction_that_is_never_played_is_reported() -> None:
    fixture = parse(HEAD + SINGLE + SPARE, "x")
    wrong = check(Single(key=Secret("test-key")), fixture, "rest")
    assert wrong == ["the interaction spare was never played"]


def test_an_optional_interaction_need_not_be_played() -> None:
    fixture = parse(HEAD + SINGLE + SPARE.replace("id: spare", "id: spare, optional: true"), "x")
    assert check(Single(key=Secret("test-key")), fixture, "rest") == []


def test_a_request_that_matches_nothing_is_reported_and_not_only_its_outcome() -> None:
    fixture = parse(HEAD.replace("accepted}", "unknown}") + SINGLE.replace("Hello", "Hi"), "x")
    wrong = check(Single(key=Secret("test-key")), fixture, "rest")
    assert wrong == [
        "POST /send matches nothing; nearest is it: json.text is not 'Hi'",
        "the interaction it was never played",
    ]


def test_a_second_send_is_reported() -> None:
    class Twice(Single):
        def send(self, message: Any, session: Session) -> Exchange[Any]:
            yield from super().send(message, session)
            return (yield from super().send(message, session))

    once = SINGLE.replace("id: it", "id: it\n    times: 1")
    wrong = check(Twice(key=Secret("test-key")), parse(HEAD + once, "x"), "rest")
    assert any("it was played 1 times already" in line for line in wrong)


# What is altered on the wire is reported


Change = Callable[[Request], Request]


def wrapped(exchange: Exchange[Response], change: Change) -> Exchange[Response]:
    """Run an exchange with each of its requests altered on its way out."""
    try:
        going = next(exchange)
        while True:
            going = exchange.send((yield change(going)))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what an exchange returns


@dataclass(frozen=True, slots=True)
class AlteredFields(Fields):
    """A key, and what leaves with it altered."""

    change: Change = str  # type: ignore[assignment]  # it is always given

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        exchange = Fields.carry(self, make, credentials, site, session)
        return (yield from wrapped(exchange, self.change))


@dataclass(frozen=True, slots=True)
class AlteredToken(ClientCredentials):
    """A token, and what leaves for it or with it altered."""

    change: Change = str  # type: ignore[assignment]  # it is always given

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        exchange = ClientCredentials.carry(self, make, credentials, site, session)
        return (yield from wrapped(exchange, self.change))


def altering(name: str, change: Change) -> SMSMobileAPI:
    """Return the sample backend with its requests over one protocol altered."""
    protocol = SMSMobileAPI.protocols[name]
    auth: Auth
    if name == "oauth":
        auth = AlteredToken("POST /oauth2/token", "client_id", "client_secret", change=change)
    else:
        auth = AlteredFields({"apikey": "{api_key}"}, change=change)
    return altered(name, replace(protocol, auth=auth))


def with_form(request: Request, form: Mapping[str, str | None]) -> Request:
    left = {name: value for name, value in form.items() if value is not None}
    return replace(request, body=urlencode(left).encode())


class Unsaid(Fields):
    """A key that is never said."""

    def fields(self, _credentials: Credentials) -> dict[str, str]:
        return {}


def altered(name: str, protocol: Protocol, **more: Any) -> SMSMobileAPI:
    """Return the sample backend with another table for one protocol."""

    class Altered(SMSMobileAPI):
        protocols = {**SMSMobileAPI.protocols, name: protocol}

    return Altered(**{**vars(sample_backend()), "protocol": name, **more})


def operation(protocol: Protocol, **more: Any) -> Protocol:
    assert protocol.send is not None
    return replace(protocol, send=replace(protocol.send, **more))


Mutation = tuple[str, SMSMobileAPI]


def of_fields(name: str) -> Iterator[Mutation]:
    protocol = SMSMobileAPI.protocols[name]
    assert protocol.send is not None
    fields = protocol.send.fields
    for field in ("recipients", "message"):
        others = {path: value for path, value in fields.items() if path != field}
        yield f"{field} dropped", altered(name, operation(protocol, fields=others))
        for other in (field.upper(), f"{field}_", f"x.{field}"):
            renamed = {**others, other: fields[field]}
            yield f"{field} as {other}", altered(name, operation(protocol, fields=renamed))
        for value in ("{recipient|digits}", "{text}{text}", "constant", "{reference}"):
            valued = {**fields, field: value}
            yield f"{field} is {value}", altered(name, operation(protocol, fields=valued))
    swapped = {**fields, "recipients": "{text}", "message": "{recipient}"}
    yield "fields swapped", altered(name, operation(protocol, fields=swapped))


def of_rest(name: str) -> Iterator[Mutation]:
    protocol = SMSMobileAPI.protocols[name]
    assert protocol.send is not None
    yield from of_fields(name)
    for field in ("sendwa", "from", "ref", "apiKey"):
        more = {**protocol.send.fields, field: "1"}
        yield f"{field} added", altered(name, operation(protocol, fields=more))
    for call in (
        *("POST /sendsms", "POST /SENDSMS/", "POST /sendsms//", "POST /send/", "POST /"),
        *("GET /sendsms/", "PUT /sendsms/", "POST /sendsms/?x=1", "POST /v2/sendsms/"),
    ):
        yield f"route {call}", altered(name, operation(protocol, call=call))
    yield "body as JSON", altered(name, replace(protocol, codec=Rest(body="json")))


def headed(request: Request, header: str, value: str | None) -> Request:
    """Return a send with a header in another shape; a token call stays as it is."""
    said = request.header(header)
    if request.share is not None or not said:
        return request
    left = {k: v for k, v in request.headers.items() if k.lower() != header}
    token = said.rpartition(" ")[2]
    return replace(
        request, headers=left if value is None else {**left, header: value.format(token)}
    )


def of_header(name: str, header: str, values: list[str | None]) -> Iterator[Mutation]:
    for value in values:
        change = partial(headed, header=header, value=value)
        yield f"{header}: {value}", altering(name, change)


def of_key(name: str) -> Iterator[Mutation]:
    protocol = SMSMobileAPI.protocols[name]
    for auth in (
        *(Fields({name: "{api_key}"}) for name in ("api_key", "apiKey", "key")),
        *(Fields({"apikey": "{client_id}"}), Fields({"apikey": "{client_secret}"})),
        Unsaid({"apikey": "{api_key}"}),
    ):
        yield f"key as {auth}", altered(name, replace(protocol, auth=auth))


def of_token(name: str = "oauth") -> Iterator[Mutation]:
    protocol = SMSMobileAPI.protocols[name]
    good = ("client_id", "client_secret")
    for path in (
        *("POST /oauth2/token/", "POST /oauth/token", "GET /oauth2/token", "PUT /oauth2/token"),
        "POST /oauth2/token?x=1",
    ):
        auth = ClientCredentials(path, *good)
        yield f"token at {path}", altered(name, replace(protocol, auth=auth))
    swapped = ClientCredentials("POST /oauth2/token", good[1], good[0])
    yield "credentials swapped", altered(name, replace(protocol, auth=swapped))
    for field in ("grant_type", *good):
        for value in (None, "", "other"):
            yield f"{field}={value}", altering(name, granting({field: value}))
        yield f"{field} renamed", altering(name, granting({field: None}, field))
    for field in ("scope", "audience", "apikey"):
        yield f"{field} added", altering(name, granting({field: "x"}))


def granting(changes: Mapping[str, str | None], renamed: str = "") -> Change:
    """Return what alters the form of the token call."""

    def change(request: Request) -> Request:
        if request.share is None:
            return request
        form: dict[str, str | None] = {**parse_form(request.body.decode())}
        more = {f"{renamed}_": form[renamed]} if renamed else {}
        return with_form(request, {**form, **changes, **more})

    return change


WSDL = files("smsbridge.wsdl").joinpath("sendsms.wsdl").read_text(encoding="utf-8")


def of_wsdl(folder: Path) -> Iterator[Mutation]:
    """Yield backends with another contract: names of parts, action, address."""
    protocol = SMSMobileAPI.protocols["soap"]
    assert protocol.send is not None
    api = Fields({"api": "{api_key}"})
    changes: dict[str, tuple[str, str, Protocol]] = {
        "action": ("urn:sendsms#sendSms", "urn:sendsms#sendsms", protocol),
        "no action": ("urn:sendsms#sendSms", "", protocol),
        "address": ("wsdl/server.php", "wsdl/soap.php", protocol),
        "operation": ('name="sendSms"', 'name="sendSMS"', operation(protocol, call="sendSMS")),
        "key": ('name="apikey"', 'name="api"', replace(protocol, auth=api)),
    }
    for part in ("recipients", "message"):
        others = {path: v for path, v in protocol.send.fields.items() if path != part}
        renamed = {**others, f"{part}s": protocol.send.fields[part]}
        mended = operation(protocol, fields=renamed)
        changes[part] = (f'<part name="{part}"', f'<part name="{part}s"', mended)
        changes[f"no {part}"] = (
            f'    <part name="{part}" type="xsd:string"/>\n',
            "",
            operation(protocol, fields=others),
        )
    changes["no key"] = (
        '    <part name="apikey" type="xsd:string"/>\n',
        "",
        replace(protocol, auth=Unsaid({"apikey": "{api_key}"})),
    )
    for name, (old, new, table) in changes.items():
        assert old in WSDL
        file = folder / f"{name}.wsdl"
        file.write_text(WSDL.replace(old, new), encoding="utf-8")
        yield f"{name} of the WSDL", altered("soap", table, wsdl=str(file))


def noticed(backend: SMSMobileAPI, fixture: Fixture, protocol: str) -> list[str]:
    """Return what the contract says; a refusal before any I/O is heard as well."""
    try:
        return check(backend, fixture, protocol)
    except CallerError as error:
        return [str(error)]


def unnoticed(mutations: Iterator[Mutation], fixture_id: str, protocol: str) -> list[str]:
    fixture = load(SEND + fixture_id)
    assert noticed(sample_backend(), fixture, protocol) == []
    return [name for name, backend in mutations if not noticed(backend, fixture, protocol)]


@pytest.mark.parametrize(
    ("fixture", "protocol"), CASES, ids=[f"{fixture.id} {name}" for fixture, name in CASES]
)
def test_an_alteration_that_alters_nothing_is_not_reported(fixture: Fixture, protocol: str) -> None:
    assert check(altered(protocol, SMSMobileAPI.protocols[protocol]), fixture, protocol) == []
    assert check(altering(protocol, lambda request: request), fixture, protocol) == []


def test_whatever_is_altered_in_a_call_of_rest_is_reported() -> None:
    assert unnoticed(of_rest("rest"), "accepted-rest", "rest") == []


def test_whatever_is_altered_in_the_key_over_rest_is_reported() -> None:
    assert unnoticed(of_key("rest"), "accepted-rest", "rest") == []


def test_whatever_is_altered_in_a_call_of_soap_is_reported(tmp_path: Path) -> None:
    assert unnoticed(of_fields("soap"), "accepted-soap", "soap") == []
    assert unnoticed(of_wsdl(tmp_path), "accepted-soap", "soap") == []


def test_whatever_is_altered_in_the_key_over_soap_is_reported() -> None:
    assert unnoticed(of_key("soap"), "accepted-soap", "soap") == []


def test_another_soap_action_is_reported() -> None:
    values = [None, "", "urn:sendsms#sendSms", '"urn:sendsms#sendsms"', '""']
    assert unnoticed(of_header("soap", "soapaction", values), "accepted-soap", "soap") == []


@pytest.mark.parametrize(
    ("fixture_id", "protocol"),
    [
        ("accepted-rest", "rest"),
        ("accepted-soap", "soap"),
        ("accepted-oauth", "oauth"),
        ("token-expires", "oauth"),
    ],
)
def test_a_body_that_does_not_say_what_it_is_is_reported(fixture_id: str, protocol: str) -> None:
    mutations = of_header(protocol, "content-type", [None, "text/plain", "application/json"])
    assert unnoticed(mutations, fixture_id, protocol) == []


@pytest.mark.parametrize("fixture_id", ["accepted-oauth", "token-expires", "token-refused"])
def test_a_token_call_that_does_not_say_what_it_is_is_reported(fixture_id: str) -> None:
    def plain(request: Request) -> Request:
        if request.share is None:
            return request
        return replace(request, headers={**request.headers, "Content-Type": "text/plain"})

    assert noticed(altering("oauth", plain), load(SEND + fixture_id), "oauth") != []


@pytest.mark.parametrize("fixture_id", ["accepted-oauth", "token-expires"])
def test_whatever_is_altered_in_a_call_with_a_token_is_reported(fixture_id: str) -> None:
    assert unnoticed(of_rest("oauth"), fixture_id, "oauth") == []


@pytest.mark.parametrize("fixture_id", ["accepted-oauth", "token-expires"])
def test_whatever_is_altered_in_the_token_header_is_reported(fixture_id: str) -> None:
    values = [None, "", "Bearer", "Bearer other", "bearer {}", "Token {}", "{}", "Bearer {}x"]
    assert unnoticed(of_header("oauth", "authorization", values), fixture_id, "oauth") == []


@pytest.mark.parametrize("fixture_id", ["accepted-oauth", "token-expires", "token-refused"])
def test_whatever_is_altered_in_the_token_call_is_reported(fixture_id: str) -> None:
    assert unnoticed(of_token(), fixture_id, "oauth") == []


@pytest.mark.parametrize(
    "name", ["wrong-key-rest", "wrong-key-soap", "whatsapp"], ids=lambda name: name
)
def test_whatever_is_altered_in_another_pinned_call_is_reported(name: str) -> None:
    fixture = load(SEND + name)
    for protocol in fixture.protocols:
        mutations = [mutation for mutation in of_fields(protocol) if WHATSAPP not in mutation[0]]
        assert unnoticed(iter(mutations), name, protocol) == []


WHATSAPP = "recipients is {recipient|digits}"  # what WhatsApp alone sends anyway
