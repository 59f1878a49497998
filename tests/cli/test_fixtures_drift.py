"""``smsbridge fixtures drift`` tells how a provider has changed, in words and by exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsbridge.backends.parlayx import ParlayX
from smsbridge.testing.fixture.load import parse
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.text.secrets import Secret

from support.commands import Done, one_line, run
from support.each import each

pytestmark = pytest.mark.usefixtures("nowhere", "by_a_person")


@pytest.fixture
def by_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as at a desk: CI accepts no date."""
    monkeypatch.delenv("CI", raising=False)


CONFIG = """\
[backends.production]
backend = "smsmobileapi"
api_key = "test-key"

[backends.token]
backend = "smsmobileapi"
protocol = "oauth"
client_id = "test-client"
client_secret = "test-secret"

[backends.soap]
backend = "parlayx"
url = "https://sms.example"
username = "user"
password = "test-password"
"""
HEAD = """\
# our own recording
smsbridge-fixture: 1
id: smsmobileapi/log
title: The log
provenance: {source: DOC, evidence: a test, date: "2026-11-22", verified: null} # never
interactions:
"""
LOG = """\
  - id: log
    live: safe
    request: {method: GET, path: /log/sent/sms/, query: {apikey: {$optional: "{secret:api_key}"}}}
    response:
      headers: {x-page: "1"}
      json:
        result:
          error: 0
          note: done
          sms:
            - {guid: "{mint:id}", message: Hello, send_from_mobile: "1", at: 7}
            - {guid: g-1, message: Hi, send_from_mobile: "0"}
"""
SEND = """\
  - id: send
    request: {path: /sendsms/, form: {$extra: allow}}
    response: {json: {result: {error: 0}}}
"""


@contextmanager
def serving(text: str, backend: Any = None) -> Iterator[tuple[str, Provider]]:
    """Let the mock play another fixture in place of the live service."""
    provider = Provider(backend or sample_backend(), parse(text, "live.yaml"))
    server = MockServer(provider)
    server.start()
    try:
        yield server.url_for("").rstrip("/"), provider
    finally:
        server.stop()


def drift(live: str, written: str = HEAD + LOG, *more: str, block: str = "production") -> Done:
    Path("smsbridge.toml").write_text(CONFIG)
    Path("log.yaml").write_text(written)
    with serving(live) as (address, _):
        return run("fixtures", "drift", ".", "--to", address, "--backend", block, *more)


@each(
    ("old", "new", "code", "says"),
    [
        ("", "", 0, ""),
        ("message: Hello", "message: other", 0, ""),
        ("note: done", "note: other", 0, ""),
        ('send_from_mobile: "1"', 'send_from_mobile: "0"', 0, ""),
        (", at: 7", "", 0, ""),
        ("note: done", "note: done\n          new: 1", 10, "added: result.new is new"),
        (", at: 7", ", at: 7, more: {a: 1}", 10, "added: result.sms[].more is new"),
        ("error: 0", "error: 7", 11, "changed: result.error is 7, and was 0"),
        ("error: 0", 'error: "0"', 11, "changed: result.error is text, and was a number"),
        ("note: done", "note: null", 11, "changed: result.note is null, and was text"),
        ("note: done", "note: [a]", 11, "changed: result.note is a list, and was text"),
        (
            'send_from_mobile: "1"',
            "send_from_mobile: later",
            11,
            "changed: result.sms[].send_from_mobile is later, a status that no table knows",
        ),
        ("response:", "response:\n      status: 201", 11, "changed: #status is 201, and was 200"),
        ("json:", 'text: "<p>hello"\n      #', 11, "changed: the answer is not JSON"),
        ("          note: done\n", "", 12, "removed: result.note is gone"),
        (", message: Hi", "", 12, "removed: result.sms[].message is gone"),
        ('      headers: {x-page: "1"}\n', "", 12, "removed: header x-page is gone"),
    ],
)
def test_each_way_of_drifting_has_a_grade_and_a_code(
    old: str, new: str, code: int, says: str
) -> None:
    if "<p>" in new:
        live = HEAD + LOG.partition("json:")[0] + 'text: "<p>hello"\n'
    else:
        assert old in LOG
        live = HEAD + LOG.replace(old, new)
    done = drift(live)
    assert (done.code, done.err) == (code, "")
    assert [line.strip() for line in done.out.splitlines()[1:-1]] == [says] * bool(says)


@each("old", ["verified: null", 'verified: "2026-11-23"', "verified: 2026-11-23"])
def test_accept_moves_the_day_in_verified_and_nothing_else(old: str) -> None:
    written = (HEAD + LOG).replace("verified: null", old).replace("\n", "\r\n")
    Path("log.yaml").unlink(missing_ok=True)
    done = drift(HEAD + LOG, written, "--accept")
    assert (done.code, done.err) == (0, "")
    today = datetime.now(UTC).date().isoformat()
    moved = Path("log.yaml").read_bytes().decode()
    assert moved in (
        written.replace(old, f'verified: "{today}"'),
        written.replace("2026-11-23", today),
    )


@each("more", [(), ("--accept",)])
def test_a_file_with_which_live_does_not_agree_stays_as_it_is(more: tuple[str, ...]) -> None:
    live = HEAD + LOG.replace("note: done", "new: 1")
    done = drift(live, HEAD + LOG, *more)
    assert done.code == 12
    assert Path("log.yaml").read_text() == HEAD + LOG


@each("verified", ["null", '"2026-11-23"'])
def test_what_was_never_verified_as_a_whole_is_not_by_a_part(verified: str) -> None:
    written = (HEAD + LOG + SEND).replace("null", verified)
    done = drift(HEAD + LOG + SEND, written, "--accept")
    assert done.code == 0
    assert (Path("log.yaml").read_text() == written) == (verified == "null")


def test_accept_is_refused_where_ci_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    done = drift(HEAD + LOG, HEAD + LOG, "--accept")
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err)


@each(
    "written",
    [
        HEAD + LOG.replace("    live: safe\n", ""),
        HEAD + LOG.replace("safe", "costs"),
        HEAD + LOG.replace("safe", "never"),
    ],
)
def test_only_what_is_marked_safe_is_asked(written: str) -> None:
    Path("smsbridge.toml").write_text(CONFIG)
    Path("log.yaml").write_text(written)
    with serving(HEAD + LOG) as (address, provider):
        done = run("fixtures", "drift", ".", "--to", address, "--backend", "production")
    assert (done.code, provider.requests) == (2, [])


@each(
    ("request_", "word"),
    [
        ('request: {path: /sendsms/, form: {apikey: "{secret:api_key}"}}', "send"),
        ("request: {method: GET, path: /sendsms/, query: {message: Hello}}", "send"),
        ("request: {path: /resend/, form: {guid: g-1}}", "resend"),
        ("request: {method: GET, path: /deletesms/, query: {guid_message: g-1}}", "delete"),
        ("call: {operation: send}", "send"),
    ],
)
def test_what_sends_or_deletes_is_never_asked_whatever_a_file_says(
    request_: str, word: str
) -> None:
    answer = "reply" if request_.startswith("call") else "response"
    written = f"{HEAD}  - {{id: it, live: safe, {request_}, {answer}: {{}}}}\n"
    Path("smsbridge.toml").write_text(CONFIG)
    Path("log.yaml").write_text(written)
    with serving(HEAD + LOG) as (address, provider):
        done = run("fixtures", "drift", ".", "--to", address, "--backend", "production")
    assert done.code == 1
    assert f"it is marked safe, and a {word} never is" in done.out
    assert provider.requests == []


def test_a_token_is_fetched_once_for_all_that_is_asked_with_it() -> None:
    Path("smsbridge.toml").write_text(CONFIG)
    other = LOG.replace("id: log", "id: other").replace("query: {", "query: {before: g-0, ")
    Path("log.yaml").write_text(HEAD + LOG + other)
    live = (HEAD + LOG + other).replace('{apikey: {$optional: "{secret:api_key}"}}', "{}")
    live = live.replace('{before: g-0, apikey: {$optional: "{secret:api_key}"}}', "{before: g-0}")
    with serving(live) as (address, provider):
        done = run("fixtures", "drift", ".", "--to", address, "--backend", "token")
    assert (done.code, done.err) == (0, "")
    paths = [request.path for request in provider.requests]
    assert paths == ["/oauth2/token", "/log/sent/sms/", "/log/sent/sms/"]


SOAP = """\
smsbridge-fixture: 1
id: parlayx/status
title: One
provenance: {source: DOC, evidence: a test, date: "2026-11-22", verified: null}
interactions:
  - id: status
    live: safe
    request:
      path: /SendSmsService/services/SendSms
      soap: {operation: getSmsDeliveryStatus, args: {requestIdentifier: r-1}}
    response:
      soap: {result: {result: {address: "tel:+12025550123", deliveryStatus: DeliveredToTerminal}}}
"""


@each(
    ("live", "code"),
    [
        (SOAP, 0),
        (SOAP.replace("Terminal", "Network"), 0),
        (SOAP.replace("{result: {result: {address", "{fault: {code: Server, string: x}} #"), 11),
    ],
)
def test_soap_is_asked_and_compared_by_its_wsdl(live: str, code: int) -> None:
    sample = ParlayX(url="https://sms.example", username="user", password=Secret("test-password"))
    Path("smsbridge.toml").write_text(CONFIG)
    Path("log.yaml").write_text(SOAP)
    with serving(live, sample) as (address, _):
        done = run("fixtures", "drift", ".", "--to", address, "--backend", "soap")
    assert (done.code, done.err) == (code, ""), done.out


def test_a_service_without_rows_leaves_nothing_to_compare() -> None:
    live = HEAD + LOG[: LOG.index("          sms:")] + "          sms: []\n"
    done = drift(live, HEAD + LOG, "--accept")
    assert done.code == 0
    assert "log: empty: result.sms is empty" in done.out
    assert Path("log.yaml").read_text() == HEAD + LOG


def test_credentials_that_are_refused_are_no_drift() -> None:
    live = HEAD + LOG.partition("response:")[0] + "response: {status: 403, json: {error: 403}}\n"
    done = drift(live)
    assert done.code == 1
    assert "not asked: HTTP 403: the credentials are refused; check them" in done.out


def test_requests_are_bounded_by_count_and_time() -> None:
    other = LOG.replace("id: log", "id: other").replace("query: {", "query: {before: g-0, ")
    done = drift(HEAD + LOG + other, HEAD + LOG + other, "--most", "1")
    assert done.code == 1
    assert "the limit of 1 request is reached; --most allows more" in done.out
    done = drift(HEAD + LOG, HEAD + LOG, "--seconds", "0")
    assert done.code == 1
    assert "--seconds allows more" in done.out


def test_json_has_each_difference_with_its_grade() -> None:
    done = drift(HEAD + LOG.replace("note: done", "new: 1"), HEAD + LOG, "--json")
    (one,) = done.document["fixtures"]
    assert one["file"] == "log.yaml"
    found = [(each["grade"], each["path"]) for each in one["interactions"][0]["differences"]]
    assert found == [("added", "result.new"), ("removed", "result.note")]


def test_no_value_of_an_answer_is_shown() -> None:
    live = HEAD + LOG.replace("error: 0", 'error: "+12025550123"').replace(
        "note: done", '"+12025550124": test-key'
    )
    done = drift(live)
    assert done.code == 12
    for private in ("555", "test-key", "Hello"):
        assert private not in done.out
