"""Whatever leaves in another shape than a fixture pins is reported by the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as keys_of
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from smsbridge import ClientCredentials, Fields, Operation, Protocol, Question, Rest, backend
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.codecs.rest import parse_form
from smsbridge.errors import CallerError
from smsbridge.http.address import Site
from smsbridge.http.exchange import Exchange, Request, Response, Session
from smsbridge.mapping.auth import Auth, Credentials, Make
from smsbridge.testing.contract.replay import cases, check
from smsbridge.testing.fixture.load import Fixture, load
from smsbridge.testing.mock.default import sample_backend

from support.each import each
from support.shipped import fixtures

SEND = "smsmobileapi/send/"


def every() -> list[Fixture]:
    return fixtures("smsmobileapi/")


def each_case() -> list[tuple[Fixture, str]]:
    return list(cases(sample_backend(), every()))


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
    """Return the sample backend with another table for one protocol, also one that is refused."""

    @backend
    class Altered(SMSMobileAPI):
        pass

    Altered.protocols = {**SMSMobileAPI.protocols, name: protocol}
    given = {key.name: getattr(sample_backend(), key.name) for key in keys_of(SMSMobileAPI)}
    return Altered(**{**given, "protocol": name, **more})


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


FILLED = {
    "status": ("status/sent-",),
    "received": ("received/one-", "received/filtered"),
    "sent": (
        "sent/page-",
        "sent/by-id",
        "sent/before-time",
        "sent/before-id",
        "sent/keyword",
        "sent/recipient",
        "sent/failed-request",
        "sent/failed-phone",
    ),
    "resend": ("resend/accepted-",),
    "delete": ("delete/message-", "delete/day", "delete/period"),
}


def carried(request: Request) -> dict[str, str]:
    """Return what a call of REST carries, in its query or its form."""
    return parse_form(request.query if request.method == "GET" else request.body.decode())


def carrying(request: Request, fields: Mapping[str, str]) -> Request:
    if request.method != "GET":
        return replace(request, body=urlencode(fields).encode())
    url = request.url.partition("?")[0]
    return replace(request, url=f"{url}?{urlencode(fields)}" if fields else url)


def of_carried(names: Iterable[str]) -> Iterator[tuple[str, Callable[[Request], Request]]]:
    """Yield what alters one field of a call; a token call stays as it is."""

    def altered_by(change: Callable[[dict[str, str]], dict[str, str]]) -> Change:
        return lambda request: (
            request if request.share else carrying(request, change(carried(request)))
        )

    for name in names:
        yield f"{name} dropped", altered_by(partial(without, name=name))
        yield f"{name} renamed", altered_by(partial(renamed, name=name, other=f"{name}_"))
        yield f"{name} in capitals", altered_by(partial(renamed, name=name, other=name.upper()))
        for value in ("", "other", "1795385477"):
            yield f"{name} is {value!r}", altered_by(partial(valued, name=name, value=value))
    for name in ("scope", "limit", "apiKey"):
        yield f"{name} added", altered_by(partial(valued, name=name, value="x"))


def without(fields: dict[str, str], name: str) -> dict[str, str]:
    return {path: value for path, value in fields.items() if path != name}


def renamed(fields: dict[str, str], name: str, other: str) -> dict[str, str]:
    return {(other if path == name else path): value for path, value in fields.items()}


def valued(fields: dict[str, str], name: str, value: str) -> dict[str, str]:
    return {**fields, name: value}


def of_line(table: Operation | Question) -> Iterator[tuple[str, Change]]:
    """Yield what alters the method or the path of a call."""
    method, _, path = table.call.partition(" ")

    def moved(request: Request, method: str, path: str) -> Request:
        if request.share:
            return request
        url = request.url.replace(table.call.partition(" ")[2], path)
        return replace(request, method=method, url=url)

    for other in ("GET", "POST", "PUT", "DELETE"):
        if other != method:
            yield f"by {other}", partial(moved, method=other, path=path)
    for another in (path.rstrip("/"), path.upper(), f"/v2{path}", f"{path}/", "/sendsms/"):
        yield f"at {another}", partial(moved, method=method, path=another)


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


@pytest.mark.full
@each(("fixture", "protocol"), each_case)
def test_an_alteration_that_alters_nothing_is_not_reported(fixture: Fixture, protocol: str) -> None:
    assert check(altered(protocol, SMSMobileAPI.protocols[protocol]), fixture, protocol) == []
    assert check(altering(protocol, lambda request: request), fixture, protocol) == []


@pytest.mark.full
def test_whatever_is_altered_in_a_call_of_rest_is_reported() -> None:
    assert unnoticed(of_rest("rest"), "accepted-rest", "rest") == []


def pinning() -> list[tuple[str, str, Fixture]]:
    return [
        (protocol, operation, fixture)
        for protocol in ("rest", "oauth")
        for operation, names in FILLED.items()
        for name in names
        for fixture in every()
        if fixture.id.startswith(f"smsmobileapi/{name}") and protocol in fixture.protocols
    ]


def sent_fields(fixture: Fixture, protocol: str) -> set[str]:
    """Return the names of all that a fixture's calls carry."""
    found: set[str] = set()

    def look(request: Request) -> Request:
        found.update(() if request.share else carried(request))
        return request

    assert check(altering(protocol, look), fixture, protocol) == []
    return found


@pytest.mark.full
@each(("protocol", "operation", "fixture"), pinning)
def test_whatever_is_altered_in_a_call_is_reported(
    protocol: str, operation: str, fixture: Fixture
) -> None:
    table = SMSMobileAPI.protocols[protocol].operations()[operation]
    fields = sent_fields(fixture, protocol)
    if len(fixture.protocols) > 1:
        fields -= {"apikey"}  # the files of one protocol pin who calls
    unheard = [
        name
        for name, change in (*of_carried(sorted(fields)), *of_line(table))
        if not noticed(altering(protocol, change), fixture, protocol)
    ]
    assert unheard == []


@pytest.mark.full
@each("operation", FILLED)
def test_each_field_of_a_table_is_altered(operation: str) -> None:
    fields = SMSMobileAPI.protocols["rest"].operations()[operation].fields
    pinned = [one for protocol, name, one in pinning() if (protocol, name) == ("rest", operation)]
    seen = {name for fixture in pinned for name in sent_fields(fixture, "rest")}
    assert seen == {*fields, "apikey"}


@pytest.mark.full
@each("operation", FILLED)
def test_whatever_is_altered_in_the_key_or_the_token_of_a_call_is_reported(operation: str) -> None:
    name = f"smsmobileapi/{FILLED[operation][0]}"
    by_key, by_token = load(f"{name}rest"), load(f"{name}oauth")
    assert [m for m, backend in of_key("rest") if not noticed(backend, by_key, "rest")] == []
    keyed = altering(
        "oauth", lambda r: r if r.share else carrying(r, {**carried(r), "apikey": "k"})
    )
    assert noticed(keyed, by_token, "oauth") != []
    values = [None, "", "Bearer", "Bearer other", "bearer {}", "Token {}", "{}", "Bearer {}x"]
    mutations = of_header("oauth", "authorization", values)
    assert [m for m, backend in mutations if not noticed(backend, by_token, "oauth")] == []


def test_whatever_is_altered_in_the_key_over_rest_is_reported() -> None:
    assert unnoticed(of_key("rest"), "accepted-rest", "rest") == []


@pytest.mark.full
def test_whatever_is_altered_in_a_call_of_soap_is_reported(tmp_path: Path) -> None:
    assert unnoticed(of_fields("soap"), "accepted-soap", "soap") == []
    assert unnoticed(of_wsdl(tmp_path), "accepted-soap", "soap") == []


def test_whatever_is_altered_in_the_key_over_soap_is_reported() -> None:
    assert unnoticed(of_key("soap"), "accepted-soap", "soap") == []


def test_another_soap_action_is_reported() -> None:
    values = [None, "", "urn:sendsms#sendSms", '"urn:sendsms#sendsms"', '""']
    assert unnoticed(of_header("soap", "soapaction", values), "accepted-soap", "soap") == []


@pytest.mark.full
@each(
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


@each("fixture_id", ["accepted-oauth", "token-expires", "token-refused"])
def test_a_token_call_that_does_not_say_what_it_is_is_reported(fixture_id: str) -> None:
    def plain(request: Request) -> Request:
        if request.share is None:
            return request
        return replace(request, headers={**request.headers, "Content-Type": "text/plain"})

    assert noticed(altering("oauth", plain), load(SEND + fixture_id), "oauth") != []


@pytest.mark.full
@each("fixture_id", ["accepted-oauth", "token-expires"])
def test_whatever_is_altered_in_a_call_with_a_token_is_reported(fixture_id: str) -> None:
    assert unnoticed(of_rest("oauth"), fixture_id, "oauth") == []


@pytest.mark.full
@each("fixture_id", ["accepted-oauth", "token-expires"])
def test_whatever_is_altered_in_the_token_header_is_reported(fixture_id: str) -> None:
    values = [None, "", "Bearer", "Bearer other", "bearer {}", "Token {}", "{}", "Bearer {}x"]
    assert unnoticed(of_header("oauth", "authorization", values), fixture_id, "oauth") == []


@pytest.mark.full
@each("fixture_id", ["accepted-oauth", "token-expires", "token-refused"])
def test_whatever_is_altered_in_the_token_call_is_reported(fixture_id: str) -> None:
    assert unnoticed(of_token(), fixture_id, "oauth") == []


@pytest.mark.full
@each("name", ["wrong-key-rest", "wrong-key-soap", "whatsapp"])
def test_whatever_is_altered_in_another_pinned_call_is_reported(name: str) -> None:
    fixture = load(SEND + name)
    for protocol in fixture.protocols:
        mutations = [mutation for mutation in of_fields(protocol) if WHATSAPP not in mutation[0]]
        assert unnoticed(iter(mutations), name, protocol) == []


WHATSAPP = "recipients is {recipient|digits}"  # what WhatsApp alone sends anyway
