"""``smsbridge explain``: the backend and why, the number, the text, and the masked requests."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from smsbridge.testing.mock.default import sample_url

from support.commands import one_line, run
from support.fault_server import FaultServer, Got, answer
from support.sending import NUMBER, PROTOCOLS, TEXT
from support.vendor import CONFIG, WSDL

CANARY = "canary-51bc"
URLS = {protocol: sample_url(protocol, "https://sms.example") for protocol in PROTOCOLS}


@pytest.fixture(autouse=True)
def _here(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand beside the example of the docs."""
    (nowhere / "smsbridge.toml").write_text(CONFIG)
    (nowhere / "oldcorp.wsdl").write_text(WSDL)
    monkeypatch.setenv("OLDCORP", CANARY)
    monkeypatch.setenv("NEWCORP", CANARY)


def test_a_message_by_soap_is_explained_line_by_line() -> None:
    done = run("explain", NUMBER, TEXT, "--reference", "order-4711")
    assert (done.code, done.err) == (0, "")
    credentials = base64.b64encode(b"acme:PASSWORD-MASKED").decode()
    assert (
        done.out
        == f"""\
backend    oldcorp over soap, the default of smsbridge.toml
recipient  12025550123
text       5 characters, gsm-7, 1 segment
masked     password as PASSWORD-MASKED, also where it is encoded or hashed

the message
  POST https://sms.oldcorp.example/services/oldcorp
  Content-Type: text/xml; charset=utf-8
  SOAPAction: "urn:oldcorp:SubmitShortMessage"
  Authorization: Basic {credentials}

  <soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/">
    <soap-env:Body>
      <ns0:SubmitShortMessage xmlns:ns0="urn:oldcorp:messaging:2009">
        <ns0:request>
          <ns0:destination>12025550123</ns0:destination>
          <ns0:body>Hello</ns0:body>
          <ns0:ref>order-4711</ns0:ref>
        </ns0:request>
      </ns0:SubmitShortMessage>
    </soap-env:Body>
  </soap-env:Envelope>
"""
    )


def test_a_message_by_oauth_is_explained_with_the_token_call_before_it() -> None:
    done = run("explain", NUMBER, TEXT, "--backend", "newcorp", "--reference", "order-4711")
    assert (done.code, done.err) == (0, "")
    assert (
        done.out
        == """\
backend    newcorp over rest, from --backend newcorp
recipient  +12025550123
text       5 characters, gsm-7, 1 segment
masked     client_secret as CLIENT_SECRET-MASKED, also where it is encoded or hashed

before it
  POST https://api.oldcorp.example/oauth/token
  Content-Type: application/x-www-form-urlencoded
  Accept: application/json

  grant_type=client_credentials&client_id=acme&client_secret=CLIENT_SECRET-MASKED

the message
  POST https://api.oldcorp.example/v2/messages
  Content-Type: application/json
  Accept: application/json
  Authorization: Bearer TOKEN-MASKED

  {
    "message": {
      "to": "+12025550123",
      "text": "Hello",
      "reference": "order-4711"
    }
  }
"""
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_key_of_a_url_is_shown(protocol: str) -> None:
    done = run("explain", NUMBER, TEXT, "--url", URLS[protocol])
    assert done.code == 0
    assert done.out.startswith(f"backend    smsmobileapi over {protocol}, from --url\n")
    assert "test-key" not in done.out
    assert "test-secret" not in done.out
    assert "-MASKED" in done.out


def test_smsbridge_url_and_another_file_are_named_as_the_reason(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / "other.toml").write_text('[backends.only]\nbackend = "memory"')
    monkeypatch.setenv("SMSBRIDGE_CONFIG", "other.toml")
    assert "memory over memory, the default of other.toml\n" in run("explain", NUMBER, TEXT).out
    monkeypatch.setenv("SMSBRIDGE_URL", URLS["rest"])
    assert "over rest, from SMSBRIDGE_URL\n" in run("explain", NUMBER, TEXT).out
    given = run("explain", NUMBER, TEXT, "--config", "other.toml")
    assert "memory over memory, the default of other.toml\n" in given.out


def test_a_backend_without_a_wire_says_so() -> None:
    done = run("explain", NUMBER, TEXT, "--url", "memory://")
    assert done.code == 0
    assert done.out.endswith("\nnothing is sent over a network\n")


def test_whatsapp_is_asked_for_in_the_message() -> None:
    done = run("explain", NUMBER, TEXT, "--url", URLS["rest"], "--whatsapp")
    assert "sendwa=1" in done.out


def test_a_sender_and_a_time_are_shown_as_the_message_has_them(nowhere: Path) -> None:
    text = '"message.text" = "{text}"'
    more = '"message.from" = "{sender}", "message.after" = "{send_at|iso}"'
    (nowhere / "smsbridge.toml").write_text(CONFIG.replace(text, f"{text}, {more}"))
    options = ("--sender", "Acme", "--at", "2099-01-31T10:30+01:00", "--backend", "newcorp")
    done = run("explain", NUMBER, TEXT, *options)
    assert (done.code, done.err) == (0, "")
    assert '"from": "Acme"' in done.out
    assert '"after": "2099-01-31T09:30:00Z"' in done.out


def test_a_sender_that_has_no_field_and_a_time_that_is_over_are_refused_as_a_send_would() -> None:
    for option, given, says in (
        ("--sender", "Acme", "can't carry sender"),
        (
            "--at",
            "2020-01-31T09:00+00:00",
            "--at 2020-01-31 09:00:00+00:00: give a time in the future",
        ),
    ):
        done = run("explain", NUMBER, TEXT, "--url", URLS["rest"], option, given)
        assert (done.code, done.out) == (2, "")
        assert says in done.err


def test_the_block_of_smsbridge_backend_is_named_as_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMSBRIDGE_BACKEND", "newcorp")
    done = run("explain", NUMBER, TEXT)
    assert done.out.startswith("backend    newcorp over rest, from SMSBRIDGE_BACKEND\n")


def test_digest_is_shown_with_the_message_twice(nowhere: Path) -> None:
    config = CONFIG.replace('type = "basic"', 'type = "digest"')
    (nowhere / "smsbridge.toml").write_text(config)
    done = run("explain", NUMBER, TEXT)
    _, first, again = done.out.split("\nthe message")
    assert first.startswith("\n")
    assert "Authorization" not in first
    assert again.startswith(" again, after the service has asked for credentials\n")
    assert "\n  Authorization: Digest " in again


def block(wsdl: str, more: str = "") -> str:
    return CONFIG.replace('"oldcorp.wsdl"', f'"{wsdl}"', 1) + more


def test_a_wsdl_at_an_address_is_all_that_is_fetched(nowhere: Path) -> None:
    def serve(server: FaultServer, got: Got) -> bytes:
        assert got.path == "/s?wsdl"
        return answer(200, WSDL.replace("https://sms.oldcorp.example", server.url))

    with FaultServer([serve]) as server:
        (nowhere / "smsbridge.toml").write_text(block(f"{server.url}/s?wsdl"))
        done = run("explain", NUMBER, TEXT)
        assert done.code == 0, done.err
        assert f"POST {server.url}/services/oldcorp\n" in done.out
        assert [got.path for got in server.sends] == ["/s?wsdl"]
    assert CANARY not in done.out


def test_a_login_by_a_wsdl_at_an_address_is_explained_too(nowhere: Path) -> None:
    login = """
[backends.oldcorp.token]
operation = "QueryMessage"
fields = { messageId = "{username}{password}" }
token = "row.messageId"
"""
    with FaultServer([answer(200, WSDL)]) as server:
        config = block(f"{server.url}/s?wsdl", login).replace(
            '"request.ref" = "{reference}"', '"request.ref" = "{token}"'
        )
        (nowhere / "smsbridge.toml").write_text(config)
        done = run("explain", NUMBER, TEXT)
        assert done.code == 0, done.err
        assert [got.path for got in server.sends] == ["/s?wsdl"]
    assert "\nbefore it\n" in done.out
    assert ">TOKEN-MASKED</" in done.out


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (answer(404), 1, "/s?wsdl: HTTP 404"),
        (answer(200, "<html/>"), 2, "wsdl: "),
        (answer(200, WSDL.replace('"destination"', '"to"')), 2, "send.fields."),
    ],
)
def test_a_wsdl_that_can_t_be_had_or_used_is_one_line(
    reply: bytes, code: int, said: str, nowhere: Path
) -> None:
    with FaultServer([reply]) as server:
        (nowhere / "smsbridge.toml").write_text(block(f"{server.url}/s?wsdl"))
        done = run("explain", NUMBER, TEXT)
    assert (done.code, done.out) == (code, "")
    assert one_line(done.err)
    assert said in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "TO"),
        ([NUMBER], "TEXT"),
        (["Alice", TEXT], "recipient"),
        ([NUMBER, " "], "text"),
        ([NUMBER, TEXT, "--backend", "nope"], "known: newcorp"),
        ([NUMBER, TEXT, "--reference", ""], "reference"),
        ([NUMBER, TEXT, "--whatsapp"], "can't send by whatsapp"),
        ([NUMBER, TEXT, "--backend", "oldcorp", "--url", "memory://"], "--backend and --url"),
    ],
)
def test_what_could_not_be_sent_exits_2_with_nothing_on_stdout(
    arguments: list[str], said: str
) -> None:
    done = run("explain", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_each_part_of_a_failover_is_named_with_a_blank_line_between_them(nowhere: Path) -> None:
    config = f"""{CONFIG}
[backends.either]
backend = "failover"
backends = ["oldcorp", "newcorp"]
"""
    (nowhere / "smsbridge.toml").write_text(config)
    done = run("explain", NUMBER, TEXT, "--backend", "either")
    assert done.code == 0, done.err
    heads = [line for line in done.out.splitlines() if line.startswith("backend ")]
    assert heads == [
        "backend    oldcorp of either, oldcorp over soap, from --backend either",
        "backend    newcorp of either, newcorp over rest, from --backend either",
    ]
    assert f"\n\n{heads[1]}\n" in done.out
