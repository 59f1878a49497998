"""Any SOAP service by a block of config: what goes over the wire, and what comes back."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from smsbridge import (
    AuthenticationFailed,
    Backend,
    ConfigError,
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
from smsbridge.auth.username_token import WSU
from smsbridge.backends.tables.soap import SoapBlock
from smsbridge.codecs.soap.envelope import SOAP12, WSSE
from smsbridge.config.load import from_file, from_mapping
from smsbridge.http.exchange import Broken, Left, Request, Response

from support.blocks import (
    GATE,
    MESSAGE,
    NOW,
    SOAP_SEND,
    call_of,
    document,
    envelope,
    fault,
    form,
    refused,
    sent,
    session,
    soap,
    talk,
    words_of,
)
from support.each import each
from support.wsdls import ADDRESS, RESULT, element, holding, schema, sequence, wsdl

EXAMPLE = Path(__file__).parents[3] / "docs/examples/smsbridge.toml"


def submitted(code: object, more: str = "") -> Response:
    return envelope(f"<SubmitResponse><result><code>{code}</code>{more}</result></SubmitResponse>")


def with_fields(fields: str, head: str = "") -> Backend:
    """Return a backend whose send has more fields."""
    return soap(head + SOAP_SEND.replace('body = "{text}"', f'body = "{{text}}", {fields}'))


# --- a send


def test_an_operation_gets_the_fields_in_an_envelope() -> None:
    request = sent(soap(SOAP_SEND))
    assert (request.method, request.url) == ("POST", "https://gate.example/soap")
    assert request.header("soapaction") == '"urn:gate:Submit"'
    assert request.header("content-type").startswith("text/xml")
    assert call_of(request) == "Submit"
    assert words_of(request) == {"to": "+12025550123", "body": "Hello"}


def test_fields_stand_in_the_order_of_the_wsdl() -> None:
    request = sent(with_fields('reference = "{reference}", session = "s", priority = "low"'))
    assert list(words_of(request)) == ["session", "to", "body", "reference", "priority"]


def test_a_path_leads_into_structures() -> None:
    request = sent(with_fields('origin = { name = "A", number = "{recipient|digits}" }'))
    assert {"origin.name": "A", "origin.number": "12025550123"}.items() <= words_of(request).items()


@each(
    ("field", "word"),
    [
        ("flash = true", "true"),
        ("flash = false", "false"),
        ("pin = 5", "5"),
        ("weight = 0.5", "0.5"),
        ('pin = "5"', "5"),
        ('after = "{now}"', "2030-01-01T00:00:00+00:00"),
        ('tries = "{segments}"', "1"),
        ('reference = { md5 = "{text}" }', hashlib.md5(b"Hello").hexdigest()),
        ('priority = { "{channels}" = { sms = "high" } }', "high"),
    ],
)
def test_a_constant_becomes_text(field: str, word: str) -> None:
    assert words_of(sent(with_fields(field)))[field.partition(" ")[0]] == word


def test_what_has_no_value_is_left_out() -> None:
    backend = with_fields('after = "{send_at|iso}", reference = "{sender}"')
    assert words_of(sent(backend)).keys() == {"to", "body"}
    message = replace(MESSAGE, sender="ACME", send_at=NOW + timedelta(hours=1))
    words = words_of(sent(backend, message))
    assert (words["after"], words["reference"]) == ("2030-01-01T01:00:00Z", "ACME")


def test_a_port_is_chosen_by_its_name() -> None:
    request = sent(soap(f'port = "Gate12"\n{SOAP_SEND}'))
    assert etree.fromstring(request.body).tag == f"{{{SOAP12}}}Envelope"
    assert 'action="urn:gate:Submit"' in request.header("content-type")


def test_a_url_takes_the_place_of_the_wsdls_host() -> None:
    backend = soap(f'url = "http://localhost:8765"\n{SOAP_SEND}')
    assert sent(backend).url == "http://localhost:8765/soap"


def test_a_table_may_have_headers() -> None:
    text = SOAP_SEND.replace("fields = {", 'headers = { X-Ref = "{reference}" }\nfields = {')
    request = sent(soap(text))
    assert request.header("x-ref") == "r-1"
    assert request.header("soapaction") == '"urn:gate:Submit"'


@each(
    ("answer", "kind"),
    [
        (submitted(0, "<id>7</id>"), Submission),
        (submitted(0), Submission),
        (submitted(12), Rejected),
        (submitted(40), AuthenticationFailed),
        (fault("NO_CREDIT"), Rejected),
        (fault("NO_CREDIT", "Server"), Rejected),
        (fault("Wrong key"), Rejected),
        (fault("bad number 5", "Server"), OutcomeUnknown),
        (Response(status=401), AuthenticationFailed),
        (Response(status=503, headers={"Retry-After": "5"}), OutcomeUnknown),
        (submitted(13), OutcomeUnknown),
        (envelope("<SubmitResponse><result/></SubmitResponse>"), OutcomeUnknown),
        (
            envelope("<OtherResponse><result><code>0</code></result></OtherResponse>"),
            OutcomeUnknown,
        ),
        (document(result={"code": 0}), OutcomeUnknown),
        (Response(status=500), OutcomeUnknown),
        (Broken(Left.NOTHING, "refused"), NotSent),
        (Broken(Left.ALL, "reset"), OutcomeUnknown),
    ],
)
def test_what_no_table_covers_is_unknown(answer: Response | Broken, kind: type) -> None:
    faults = 'rejected = { "fault.string" = { NO_CREDIT = "quota" },'
    backend = soap(SOAP_SEND.replace("rejected = {", faults))
    end, _ = talk(backend.send(MESSAGE, session()), answer)
    assert type(end) is kind


@each("code", ["Server", "Client"])
def test_a_fault_that_the_table_names_has_the_reason_of_the_table(code: str) -> None:
    rejected = 'rejected = { "fault.string" = { NO_CREDIT = "quota" },'
    end, _ = talk(
        soap(SOAP_SEND.replace("rejected = {", rejected)).send(MESSAGE, session()),
        fault("NO_CREDIT", code),
    )
    assert (end.reason, end.code) == (Reason.QUOTA, "NO_CREDIT")


@each(("path", "word"), [("fault.code", "Server"), ("fault.detail.GateFault.number", "17")])
def test_a_path_into_a_fault_is_one_as_others_are(path: str, word: str) -> None:
    rejected = f'rejected = {{ "{path}" = {{ {word} = "account" }},'
    detail = "<detail><GateFault><number>17</number></GateFault></detail>"
    told = f"<faultcode>s:Server</faultcode><faultstring>x</faultstring>{detail}"
    end, _ = talk(
        soap(SOAP_SEND.replace("rejected = {", rejected)).send(MESSAGE, session()),
        envelope(f"<s:Fault>{told}</s:Fault>", 500),
    )
    assert isinstance(end, Rejected)
    assert (end.reason, end.code) == (Reason.ACCOUNT, word)


def test_a_submission_has_id_and_status_as_the_table_says() -> None:
    backend = soap(f'statuses = {{ Q = "queued" }}\n{SOAP_SEND}')
    end, _ = talk(backend.send(MESSAGE, session()), submitted(0, "<id>7</id><state>Q</state>"))
    assert (end.id, end.status, end.provider_status) == ("7", Status.QUEUED, "Q")
    assert (end.backend, end.protocol, end.reference) == ("gate", "soap", "r-1")


# --- who we are


def auth_of(auth: str) -> Backend:
    return soap(f"auth = {{ {auth} }}\n{SOAP_SEND}")


def test_without_auth_nothing_is_added() -> None:
    request = sent(auth_of('type = "none"'))
    assert request.headers.keys() == {"Content-Type", "SOAPAction"}
    assert words_of(request).keys() == {"to", "body"}
    assert [etree.QName(child).localname for child in etree.fromstring(request.body)] == ["Body"]


@each(
    ("fields", "words"),
    [
        ('{ apikey = "{key}" }', {"apikey": "secret"}),
        ('{ apikey = { md5 = "{key}" } }', {"apikey": hashlib.md5(b"secret").hexdigest()}),
        ('{ apikey = "{key|sha1}", pin = 5 }', {"pin": "5"}),
        ('{ origin.name = "{key}" }', {"origin.name": "secret"}),
    ],
)
def test_credentials_may_be_fields(fields: str, words: dict[str, str]) -> None:
    request = sent(auth_of(f'type = "fields", fields = {fields}, key = "secret"'))
    assert words.items() <= words_of(request).items()


def test_credentials_may_be_in_a_block_of_the_envelopes_header() -> None:
    block = "soap:Header.{urn:gate}Login"
    fields = f'{{ "{block}.user" = "acme", "{block}.key" = "{{key}}" }}'
    request = sent(auth_of(f'type = "fields", fields = {fields}, key = "secret"'))
    header = request.body.partition(b"Header>")[2].partition(b"Header>")[0]
    assert b':Login xmlns:ns0="urn:gate">' in header
    assert b"<user>acme</user><key>secret</key>" in header


def test_credentials_may_be_headers() -> None:
    request = sent(auth_of('type = "headers", headers = { X-Key = "{key}" }, key = "secret"'))
    assert request.header("x-key") == "secret"


BOTH = 'username = "acme", password = "p:w"'


def test_basic_is_a_header() -> None:
    told = sent(auth_of(f'type = "basic", {BOTH}')).header("authorization")
    assert base64.b64decode(told.removeprefix("Basic ")).decode() == "acme:p:w"


def test_digest_answers_a_challenge() -> None:
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
    refusal = Response(status=401, headers=challenge)
    backend = auth_of(f'type = "digest", {BOTH}')
    end, (first, second) = talk(backend.send(MESSAGE, session()), refusal, submitted(0))
    assert isinstance(end, Submission)
    assert first.header("authorization") == ""
    assert second.header("authorization").startswith('Digest username="acme", realm="r"')
    assert second.header("soapaction") == '"urn:gate:Submit"'


def security(request: Request) -> Any:
    return etree.fromstring(request.body).find(f".//{{{WSSE}}}Security")


def test_wsse_is_a_block_with_the_password_as_text() -> None:
    block = security(sent(auth_of(f'type = "wsse", {BOTH}')))
    assert block.findtext(f".//{{{WSSE}}}Username") == "acme"
    password = block.find(f".//{{{WSSE}}}Password")
    assert (password.text, password.get("Type").rpartition("#")[2]) == ("p:w", "PasswordText")
    created, expires = (block.findtext(f".//{{{WSU}}}{n}") for n in ("Created", "Expires"))
    assert (created, expires) == ("2030-01-01T00:00:00Z", "2030-01-01T00:05:00Z")


def test_or_as_a_digest_and_for_as_long_as_the_block_says() -> None:
    block = security(sent(auth_of(f'type = "wsse", {BOTH}, digest = true, seconds = 60')))
    password = block.find(f".//{{{WSSE}}}Password")
    both = bytes(16) + b"2030-01-01T00:00:00Z" + b"p:w"
    assert password.text == base64.b64encode(hashlib.sha1(both).digest()).decode()
    assert password.get("Type").rpartition("#")[2] == "PasswordDigest"
    assert block.findtext(f".//{{{WSU}}}Expires") == "2030-01-01T00:01:00Z"


@each(
    ("more", "url"),
    [
        ('token_url = "https://id.example/t", scope = "sms"', "https://id.example/t"),
        ('token_url = "https://id.example/t", basic = true', "https://id.example/t"),
    ],
)
def test_oauth2_is_as_good_over_soap(more: str, url: str) -> None:
    backend = auth_of(f'type = "oauth2", client_id = "id", client_secret = "s", {more}')
    granted = document(access_token="t-1")
    end, (call, send) = talk(backend.send(MESSAGE, session()), granted, submitted(0))
    assert isinstance(end, Submission)
    assert call.url == url
    assert form(call)["grant_type"] == "client_credentials"
    assert send.header("authorization") == "Bearer t-1"
    assert call_of(send) == "Submit"


# --- questions

ASK = """
statuses = { DELIVRD = "delivered" }

[status]
operation = "Query"
fields = { id = "{id}" }
answered = { code = "0" }
rejected = { code = { 12 = "recipient", 40 = "authentication" }, "fault.string" = { X = "rate" } }
row = { id = "row.id", status = "row.state", at = "row.at", recipient = "row.number" }

[received]
operation = "Inbox"
fields = { since = "{after|iso}" }
rows = "row"
row = { id = "id", sender = "number", text = "text", at = "at" }
"""


def asked(question: str, values: dict[str, Any], *answers: Response | Broken) -> Any:
    end, _ = talk(soap(ASK).ask(question, values, session()), *answers)
    return end


def row_of(**words: str) -> str:
    return f"<row>{''.join(f'<{name}>{word}</{name}>' for name, word in words.items())}</row>"


def queried(row: str, code: int = 0) -> Response:
    return envelope(f"<QueryResponse><code>{code}</code>{row}</QueryResponse>")


def test_a_status_is_asked_by_id_and_its_answer_is_the_row() -> None:
    request = next(soap(ASK).ask("status", {"id": "a<1"}, session()))
    assert (call_of(request), words_of(request)) == ("Query", {"id": "a<1"})
    said = row_of(id="7", number="+1202", state="DELIVRD", at="2029-12-31T23:00:00+01:00")
    (row,) = asked("status", {"id": "7"}, queried(said))
    assert (row.id, row.status, row.provider_status) == ("7", Status.DELIVERED, "DELIVRD")
    assert (row.recipient, row.at) == ("+1202", datetime(2029, 12, 31, 22, tzinfo=UTC))


def test_a_word_for_a_status_that_nobody_knows_is_unknown_and_is_kept() -> None:
    (row,) = asked("status", {"id": "7"}, queried(row_of(id="7", state="TELEPORTED")))
    assert (row.status, row.provider_status) == (Status.UNKNOWN, "TELEPORTED")


@each("ids", [[], ["1"], ["1", "2", "3"]])
def test_rows_are_none_one_or_many(ids: list[str]) -> None:
    rows = "".join(row_of(id=one, number="+1202", text="Hi") for one in ids)
    found = asked("received", {}, envelope(f"<InboxResponse>{rows}</InboxResponse>"))
    assert [(row.id, row.sender, row.text) for row in found] == [(i, "+1202", "Hi") for i in ids]


def test_an_inbox_of_a_thousand_rows_is_read() -> None:
    texts = {"number": "+12025550123", "state": "READ", "at": "2029-12-31T23:00:00Z"}
    rows = [row_of(id=f"m-{n}", text="<![CDATA[é]]>" * 160, **texts) for n in range(1_000)]
    inbox = envelope(f"<InboxResponse>{''.join(rows)}</InboxResponse>")
    assert len(inbox.body) > 2_000_000
    assert [row.id for row in asked("received", {}, inbox)] == [f"m-{n}" for n in range(1_000)]


def test_what_an_answer_may_have_is_said_by_the_config() -> None:
    rows = "".join(row_of(id=str(n)) for n in range(100))
    inbox = envelope(f"<InboxResponse>{rows}</InboxResponse>")
    for own, read in (("element_limit = 203", True), ("element_limit = 202", False)):
        end, (request,) = talk(soap(f"{own}\n{ASK}").ask("received", {}, session()), inbox)
        assert (request.most, request.most_key) == (4 * 1024 * 1024, "answer_limit")
        assert (len(end) == 100) if read else ("element_limit in the config" in str(end))
    assert sent(soap(f"answer_limit = 2048\n{SOAP_SEND}")).most == 2048


def test_a_question_has_what_the_caller_gives() -> None:
    request = next(soap(ASK).ask("received", {"after": NOW}, session()))
    assert words_of(request) == {"since": "2030-01-01T00:00:00Z"}
    assert words_of(next(soap(ASK).ask("received", {}, session()))) == {}


def test_by_what_a_table_does_not_carry_nothing_can_be_asked() -> None:
    with pytest.raises(Unsupported, match="gate can't ask received by before"):
        next(soap(ASK).ask("received", {"before": NOW}, session()))
    with pytest.raises(
        Unsupported, match="gate over soap can't answer sent; its block has no table"
    ):
        next(soap(ASK).ask("sent", {}, session()))


@each(
    ("answer", "reason"),
    [
        (queried("", 12), Reason.RECIPIENT),
        (queried("", 40), Reason.AUTHENTICATION),
        (fault("X", "Server"), Reason.RATE),
        (fault("other"), Reason.REQUEST),
        (Response(status=401), Reason.AUTHENTICATION),
    ],
)
def test_a_question_that_is_refused_is_an_error_with_its_reason(
    answer: Response, reason: Reason
) -> None:
    error = asked("status", {"id": "7"}, answer)
    assert isinstance(error, Rejected)
    assert error.reason is reason
    assert isinstance(error, AuthenticationFailed) is (reason is Reason.AUTHENTICATION)


@each(
    "answer",
    [
        fault("down", "Server"),
        queried("", 99),
        envelope("<InboxResponse/>"),
        document(code=0),
    ],
)
def test_what_the_table_does_not_have_is_no_answer(answer: Response) -> None:
    error = asked("status", {"id": "7"}, answer)
    assert isinstance(error, NoAnswer)
    assert (error.retry, error.retry_after, error.backend) == (True, None, "gate")


# --- the WSDL

BLOCK = f"""
[backends.gate]
backend = "soap"
wsdl = "{GATE}"
port = "Gate11"
auth = {{ type = "basic", username = "acme", password = "canary" }}
{SOAP_SEND.replace("[send]", "[backends.gate.send]")}"""


@each(
    ("old", "new", "says"),
    [
        (f'wsdl = "{GATE}"', 'wsdl = "none.wsdl"', "wsdl: can't read none.wsdl: No such file"),
        (f'wsdl = "{GATE}"', 'wsdl = "."', "wsdl: can't read "),
        (f'wsdl = "{GATE}"', 'wsdl = "smsbridge.toml"', "wsdl: "),
        (
            f'wsdl = "{GATE}"',
            'wsdl = "http://gate.example/?wsdl"',
            "wsdl: credentials would go to gate.example without TLS",
        ),
        (f'wsdl = "{GATE}"', 'wsdl = "https://"', "wsdl: give http:// or https:// and a host"),
        (f'wsdl = "{GATE}"', "wsdl = 5", "wsdl: give text"),
        (
            'port = "Gate11"',
            'port = "Gate"',
            "port: the WSDL has no SOAP port 'Gate'; it has Gate11",
        ),
        ('port = "Gate11"', "port = 11", "port: give text"),
        ('port = "Gate11"', "json_part = []", "json_part: give text"),
        ('port = "Gate11"', 'json_part = "x"', "json_part: "),
        (
            'port = "Gate11"',
            'prot = "Gate11"',
            "'prot' is not a key of soap (credentials go in auth); did you mean 'port'?",
        ),
        ('port = "Gate11"', 'body = "form"', "'body' is not a key of soap"),
        ('port = "Gate11"', 'wsdl_sha256 = "00"', "wsdl: the WSDL is not the one that wsdl_sha256"),
    ],
)
def test_a_mistake_about_the_wsdl_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert BLOCK.count(old) == 1
    where = "wsdl = " if "sha256" in new else new
    assert says in refused(tmp_path, BLOCK.replace(old, new), where)


def test_without_a_wsdl_there_is_no_soap(tmp_path: Path) -> None:
    text = BLOCK.replace(f'wsdl = "{GATE}"\n', "")
    error = refused(tmp_path, text, "[backends.gate]")
    assert error == "wsdl: give the path or the address of the WSDL"


@each(("more", "fine"), [("", False), ('cleartext_hosts = ["gate.example"]\n', True)])
def test_an_address_in_the_wsdl_needs_tls_too(tmp_path: Path, more: str, *, fine: bool) -> None:
    (tmp_path / "gate.wsdl").write_bytes(GATE.read_bytes().replace(b"https://", b"http://"))
    text = BLOCK.replace(str(GATE), "gate.wsdl").replace("port =", f"{more}port =")
    if fine:
        (tmp_path / "smsbridge.toml").write_text(text)
        assert (
            sent(from_file("gate", tmp_path / "smsbridge.toml")).url == "http://gate.example/soap"
        )
        return
    error = refused(tmp_path, text, "wsdl = ")
    assert "credentials would go to gate.example without TLS" in error


def test_of_several_ports_of_one_kind_one_must_be_named(tmp_path: Path) -> None:
    wsdl = GATE.read_text().replace(
        "</wsdl:service>",
        '<wsdl:port name="Two" binding="tns:Gate11"><soap:address location="https://x.example/"/>'
        "</wsdl:port></wsdl:service>",
    )
    (tmp_path / "gate.wsdl").write_text(wsdl)
    text = BLOCK.replace(str(GATE), "gate.wsdl").replace('port = "Gate11"\n', "")
    error = refused(tmp_path, text, "wsdl = ")
    assert "Two" in error
    assert "set port to one of them" in error


def test_a_path_of_a_token_call_needs_a_url(tmp_path: Path) -> None:
    auth = "auth = { type = 'oauth2', token_url = '/t', client_id = 'i', client_secret = 'canary' }"
    text = BLOCK.replace('auth = { type = "basic", username = "acme", password = "canary" }', auth)
    error = refused(tmp_path, text, "auth = ")
    assert error == "auth.token_url: give a whole address, or give the block a url"


def test_a_wsdl_at_an_address_is_fetched_before_the_first_send() -> None:
    backend = soap(SOAP_SEND)
    away = replace(backend, wsdl="https://gate.example/soap?wsdl")
    kept = session()
    wsdl = Response(status=200, body=GATE.read_bytes())
    end, asked_for = talk(away.send(MESSAGE, kept), wsdl, submitted(0))
    assert isinstance(end, Submission)
    assert [one.method for one in asked_for] == ["GET", "POST"]
    end, asked_for = talk(away.send(MESSAGE, kept), submitted(0))
    assert isinstance(end, Submission)


@each(("old", "new"), [('"Submit"', '"Sumbit"'), ("body =", "text ="), ("to =", "x =")])
def test_a_block_that_does_not_fit_a_fetched_wsdl_sends_nothing(old: str, new: str) -> None:
    text = f'wsdl = "https://gate.example/soap?wsdl"\n{SOAP_SEND.replace(old, new)}'
    wsdl = Response(status=200, body=GATE.read_bytes())
    end, _ = talk(soap(text).send(MESSAGE, session()), wsdl)
    assert isinstance(end, NotSent)
    assert not end.retry


# --- words that are equal by their type


def typed(folder: Path, name: str, kind: str) -> Path:
    """Return the path of the gate's WSDL, with elements of a name of another type."""
    path = folder / "typed.wsdl"
    path.write_text(
        re.sub(rf'(<xsd:element name="{name}" type=")[^"]*', rf"\1{kind}", GATE.read_text())
    )
    return path


@each(
    ("kind", "marks", "code", "ends"),
    [
        ("xsd:int", ("0", "12"), "00", Submission),
        ("xsd:int", ("0", "12"), "+0", Submission),
        ("xsd:int", ("0", "12"), "0.0", Submission),
        ("xsd:int", ("0", "12"), "012", Rejected),
        ("xsd:int", ("0", "*"), "0.0", Submission),
        ("xsd:int", ("00", "012"), "0", Submission),
        ("xsd:int", ("00", "012"), "12", Rejected),
        ("xsd:decimal", ("0", "12"), "0.00", Submission),
        ("xsd:boolean", ("true", "false"), "1", Submission),
        ("xsd:boolean", ("true", "false"), "0", Rejected),
        ("xsd:boolean", ("1", "0"), "true", Submission),
        ("xsd:boolean", ("1", "0"), "false", Rejected),
        ("xsd:boolean", ("true", "false"), "yes", OutcomeUnknown),
        ("xsd:string", ("0", "12"), "00", OutcomeUnknown),
        ("xsd:string", ("0", "12"), "0.0", OutcomeUnknown),
        ("xsd:string", ("0", "12"), "012", OutcomeUnknown),
        ("xsd:string", ("true", "false"), "1", OutcomeUnknown),
        ("xsd:string", ("true", "false"), "0", OutcomeUnknown),
    ],
)
def test_marks_and_words_of_refusal_are_equal_by_the_type_that_the_wsdl_declares(
    kind: str, marks: tuple[str, str], code: str, ends: type, tmp_path: Path
) -> None:
    taken, refused_by = marks
    block = SOAP_SEND.replace('"0"', f'"{taken}"')
    block = block.replace("12 =", f'"{refused_by}" =')
    if kind == "xsd:boolean":
        block = block.replace(', 40 = "authentication"', "")
    block = f"wsdl = '{typed(tmp_path, 'code', kind)}'\n{block}"
    end, _ = talk(soap(block).send(MESSAGE, session()), submitted(code))
    assert type(end) is ends


@each("code", ["0&#x1B;", "&#xD83D;0", "0\x01", "12&#0;"])
def test_a_code_that_is_spoilt_is_no_word_of_refusal(code: str, tmp_path: Path) -> None:
    block = SOAP_SEND.replace("12 =", '"*" =')
    wsdl = typed(tmp_path, "code", "xsd:string")
    end, _ = talk(soap(f"wsdl = '{wsdl}'\n{block}").send(MESSAGE, session()), submitted(code))
    assert type(end) is OutcomeUnknown


def test_words_for_a_status_are_equal_by_type_in_a_submission_and_in_rows(tmp_path: Path) -> None:
    ours = ASK.replace("DELIVRD =", '1 = "queued", 2 =')
    block = f"wsdl = '{typed(tmp_path, 'state', 'xsd:int')}'\n{ours}\n{SOAP_SEND}"
    end, _ = talk(soap(block).send(MESSAGE, session()), submitted(0, "<state>01</state>"))
    assert (end.status, end.provider_status) == (Status.QUEUED, "1")
    rows, _ = talk(
        soap(block).ask("status", {"id": "007"}, session()), queried(row_of(id="007", state="+2"))
    )
    assert [(row.id, row.status) for row in rows] == [("007", Status.DELIVERED)]


RELAY = """
json_part = "return"
auth = { type = "fields", fields.apikey = "{key}", key = "k" }

[send]
operation = "Relay"
fields = { to = "{recipient}", body = "{text}" }
accepted = { when = { "result.ok" = "1" }, id = "result.id" }
"""


def test_an_answer_may_be_json_in_a_part() -> None:
    said = envelope(
        '<RelayResponse><return>{"result": {"ok": 1, "id": 7}}</return></RelayResponse>'
    )
    end, (request,) = talk(soap(RELAY).send(MESSAGE, session()), said)
    assert isinstance(end, Submission)
    assert end.id == "7"
    assert words_of(request)["apikey"] == "k"
    broken = envelope("<RelayResponse><return>{</return></RelayResponse>")
    end, _ = talk(soap(RELAY).send(MESSAGE, session()), broken)
    assert isinstance(end, OutcomeUnknown)


@each(
    ("said", "ends"),
    [
        ("<result><ok>1</ok><id>7</id></result>", Submission),
        (
            '<?xml version="1.0" encoding="utf-16"?><result><ok>1</ok><id>7</id></result>',
            Submission,
        ),
        ("<result><ok>1</ok><id>7</id>", OutcomeUnknown),
        ("<result><ok>0</ok></result>", OutcomeUnknown),
        ("<other><ok>1</ok><id>7</id></other>", OutcomeUnknown),
        ('{"result": {"ok": 1, "id": 7}}', OutcomeUnknown),
    ],
)
def test_an_answer_may_be_xml_in_a_part(said: str, ends: type) -> None:
    answer = envelope(f"<RelayResponse><return>{escape(said)}</return></RelayResponse>")
    end, _ = talk(soap(RELAY.replace("json_part", "xml_part")).send(MESSAGE, session()), answer)
    assert type(end) is ends
    if isinstance(end, Submission):
        assert end.id == "7"


# --- the class that a block makes


def test_a_backend_has_the_name_of_its_block_and_masks_its_secrets() -> None:
    backend = auth_of('type = "basic", username = "acme", password = "canary"')
    assert (backend.name, backend.protocol) == ("gate", "soap")
    assert "canary" not in repr(backend)
    assert backend.secrets() == ["canary"]


def test_without_a_block_there_is_no_such_backend() -> None:
    with pytest.raises(ConfigError, match=r"soap takes its tables from a block of smsbridge\.toml"):
        SoapBlock(wsdl=str(GATE))


def test_what_xml_can_not_carry_is_refused_before_any_io() -> None:
    with pytest.raises(ValueError, match=r"body has U\+0001"):
        sent(soap(SOAP_SEND), Message(recipient="+12025550123", text="a\x01"))


def test_the_example_sends_and_asks() -> None:
    backend = from_file("oldcorp", EXAMPLE, environ={"OLDCORP": "secret"})
    request = sent(backend)
    assert request.url.startswith("https://sms.oldcorp.example/services/")
    assert words_of(request) == {
        "request.destination": "12025550123",
        "request.body": "Hello",
        "request.ref": "r-1",
    }
    assert request.header("authorization") == f"Basic {base64.b64encode(b'acme:secret').decode()}"
    space = "urn:oldcorp:messaging:2009"
    said = "<code>0</code><messageId>m-1</messageId>"
    answer = envelope(
        f"<SubmitShortMessageResponse xmlns='{space}'><result>{said}</result>"
        "</SubmitShortMessageResponse>"
    )
    end, _ = talk(backend.send(MESSAGE, session()), answer)
    assert end.id == "m-1"
    rows = "".join(
        f"<row><messageId>{one}</messageId><number>1202</number><body>Hi</body>"
        "<time>2030-01-01T00:00:00Z</time></row>"
        for one in "ab"
    )
    inbox = envelope(f"<FetchInboxResponse xmlns='{space}'>{rows}</FetchInboxResponse>")
    found, (fetch,) = talk(backend.ask("received", {"after": NOW}, session()), inbox)
    assert words_of(fetch) == {"since": "2030-01-01T00:00:00Z"}
    assert [(row.id, row.sender, row.text, row.at) for row in found] == [
        ("a", "1202", "Hi", NOW),
        ("b", "1202", "Hi", NOW),
    ]
    for string, kind in (("NO_CREDIT", Rejected), ("down", OutcomeUnknown)):
        end, _ = talk(backend.send(MESSAGE, session()), fault(string, "Server"))
        assert type(end) is kind


@each("address", ["REPLACE", "mailto:a@gate.example", "https://a:b@gate.example/", "ftp://a/"])
def test_an_address_that_cant_be_called_is_named_and_url_gives_another(
    address: str, tmp_path: Path
) -> None:
    document = wsdl(schema(holding("Send", sequence(element("to"), element("text"))), RESULT))
    (tmp_path / "t.wsdl").write_bytes(document.replace(ADDRESS.encode(), address.encode()))
    fields = {"to": "{recipient}", "text": "{text}"}
    table = {"operation": "Send", "fields": fields, "accepted": {"when": {"id": "*"}}}
    given = {"backend": "soap", "wsdl": str(tmp_path / "t.wsdl"), "send": table}
    with pytest.raises(ConfigError, match=r"^url: .*port Port.*can't be called"):
        from_mapping(given, name="gate")
    assert from_mapping(given | {"url": "https://gate.example/soap"}, name="gate")
