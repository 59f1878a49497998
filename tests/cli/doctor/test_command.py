"""``smsbridge doctor``: a line for each check, what to do below it, and an exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from smsbridge.codecs.soap.lockfile import lock
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import run
from support.fault_server import FaultServer, answer
from support.vendor import CONFIG, WSDL

CANARY = "canary-51bc"
FILE = """
[backends.vendor]
backend = "rest"
url = "URL"
timeout = 5
auth = { type = "basic", username = "acme", password = { env = "VENDOR" } }

[backends.vendor.send]
route = "POST /v1/messages"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { state = "queued" } }
"""

pytestmark = pytest.mark.usefixtures("nowhere")


def config(folder: Path, url: str, more: str = "") -> None:
    text = FILE.replace("URL", url).replace("timeout = 5", f"timeout = 5\n{more}")
    (folder / "smsbridge.toml").write_text(text)


def test_all_is_well_exits_0_with_a_line_for_each_check(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR", CANARY)
    with FaultServer([answer(200, "{}")]) as server:
        config(nowhere, server.url)
        done = run("doctor")
        assert server.sends == []
    assert (done.code, done.err) == (0, "")
    assert (
        done.out
        == f"""\
ok    config    vendor over rest
ok    username  is set, 4 characters
ok    password  is set, 11 characters
ok    network   127.0.0.1 port {server.port} answers, without TLS
note  account   not tried: only a call can tell
"""
    )


def test_what_is_to_be_done_stands_below_and_exits_1(
    nowhere: Path, closed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR", f"{CANARY}\n")
    config(nowhere, f"http://127.0.0.1:{closed}")
    done = run("doctor", "--backend", "vendor")
    assert (done.code, done.err) == (1, "")
    assert (
        done.out
        == f"""\
ok    config    vendor over rest
ok    username  is set, 4 characters
FAIL  password  has spaces or a line break around it
                → remove them from the variable or the file
FAIL  network   127.0.0.1 port {closed}: Connection refused
                → is it running, and does a firewall let you through?
note  account   not tried: only a call can tell
"""
    )


def test_a_long_name_of_a_key_keeps_the_columns(closed: int) -> None:
    url = sample_url("oauth", f"http://127.0.0.1:{closed}")
    done = run("doctor", "--url", url)
    assert done.code == 1
    said = ("smsmobileapi over", "is there", "127.0.0.1", "→ is it running")
    columns = {line.index(word) for line in done.out.splitlines() for word in said if word in line}
    assert columns == {len("FAIL  client_secret  ")}


KEYS = frozenset({"name", "said", "todo", "well", "verdict"})


def test_json_is_one_object_a_line(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR", "…")
    with FaultServer([answer(200, "{}")]) as server:
        config(nowhere, server.url)
        done = run("doctor", "--json")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert {frozenset(row) for row in rows} == {KEYS}
    assert [(row["name"], row["well"], row["verdict"]) for row in rows] == [
        ("config", True, "ok"),
        ("username", True, "ok"),
        ("password", False, "fail"),
        ("network", True, "ok"),
        ("account", True, "note"),
    ]
    assert [bool(row["todo"]) for row in rows] == [False, False, True, False, False]


TRIES = "not tried: only a call can tell; smsbridge sent --limit 1{} makes one and sends nothing\n"


def test_a_note_says_that_credentials_are_not_tried_and_what_tries_them(
    smsbridge_mock: Provider, nowhere: Path
) -> None:
    (nowhere / "smsbridge.toml").write_text(
        f"""
        [backends.staging]
        backend = "smsmobileapi"
        protocol = "rest"
        url = "{smsbridge_mock.address}"
        api_key = "wrong-key"
        """
    )
    done = run("doctor", "--backend", "staging")
    assert done.code == 0
    assert done.out.splitlines(keepends=True)[-1] == (
        "note  account  " + TRIES.format(" --backend staging")
    )
    assert run("sent", "--limit", "1", "--backend", "staging").code == 4
    assert run("doctor").out.endswith(TRIES.format(""))


def test_where_a_token_was_fetched_the_credentials_were_tried(smsbridge_mock: Provider) -> None:
    done = run("doctor", "--url", sample_url("oauth", smsbridge_mock.address))
    assert (done.code, "note" in done.out) == (0, False)


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_config_that_can_t_be_used_is_a_check_that_failed(more: list[str], nowhere: Path) -> None:
    config(nowhere, "https://sms.vendor.example")
    done = run("doctor", *more)
    assert (done.code, done.err) == (1, "")
    assert "the environment variable VENDOR is not set, or empty" in done.out
    assert "smsbridge.toml, line " in done.out
    assert "fix the config" in done.out


def test_issuers_that_can_t_be_read_are_a_check_that_failed(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR", CANARY)
    config(nowhere, "https://sms.vendor.example", 'ca = "nowhere.pem"')
    done = run("doctor")
    assert (done.code, done.err) == (1, "")
    assert "FAIL  config" in done.out
    assert "ca: the PEM file can't be read: No such file or directory" in done.out


def test_a_secret_that_can_t_be_right_is_told_also_if_tls_can_t_be_set_up(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR", "${KEY}")
    config(nowhere, "https://sms.vendor.example", 'ca = "nowhere.pem"')
    failed = [line for line in run("doctor").out.splitlines() if line.startswith("FAIL")]
    assert [line.split()[1] for line in failed] == ["password", "config"]


def test_without_any_config_it_says_what_to_write() -> None:
    done = run("doctor")
    assert (done.code, done.err) == (1, "")
    assert "no config: set SMSBRIDGE_URL, or write smsbridge.toml" in done.out


def test_live_compares_the_lock_with_the_wsdl_at_its_address_and_sends_nothing(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLDCORP", CANARY)
    (nowhere / "smsbridge.toml").write_text(CONFIG)
    with FaultServer([answer(200, WSDL)]) as server:
        address = f"{server.url}/oldcorp.wsdl"
        here = WSDL.replace("https://sms.oldcorp.example", server.url).encode()
        lock(Source(document=here, address=address), "oldcorp.wsdl", nowhere)
        last = run("doctor", "--live").out.splitlines()[-2:]
        assert {got.head.partition("\r\n")[0] for got in server.sends} == {
            "GET /oldcorp.wsdl HTTP/1.1"
        }
    assert last[0].startswith("FAIL  live      the WSDL at its address is not the locked one: ")
    assert last[1].endswith(f"smsbridge wsdl lock {address} --to . --update")


def test_an_extra_that_is_missing_is_a_check_that_failed_with_the_command_that_installs_it(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR", CANARY)
    monkeypatch.setitem(sys.modules, "pyrate_limiter", None)
    with FaultServer([answer(200, "{}")]) as server:
        config(nowhere, server.url, "limit = { per_second = 5 }")
        done = run("doctor")
    assert done.code == 1
    assert "FAIL  extra     limit.per_second needs the extra" in done.out
    assert "→ from a checkout of smsbridge: pip install '.[limit]'\n" in done.out


def test_a_backend_without_a_wire_is_well() -> None:
    done = run("doctor", "--url", "memory://")
    assert (done.code, done.out) == (0, "ok    config   memory: nothing is sent over a network\n")


def test_no_secret_is_shown(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR", CANARY)
    with FaultServer([answer(500, CANARY)]) as server:
        config(nowhere, server.url)
        for more in ([], ["--json"]):
            done = run("doctor", *more)
            assert CANARY not in done.out + done.err


@pytest.mark.parametrize(
    "arguments", [["--backend", "vendor", "--url", "memory://"], ["--backend", ""], ["more"]]
)
def test_an_error_of_usage_exits_2(arguments: list[str]) -> None:
    done = run("doctor", *arguments)
    assert (done.code, done.out) == (2, "")
