"""The pages on operations, config, outcomes and logging: what they show is run or compared."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from smsbridge import Client, Limit, OutcomeUnknown, Reason, Retry, Status
from smsbridge.backends.failover import Failover
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.config.load import from_file
from smsbridge.testing.mock.provider import Provider

from support.each import each
from support.terminal import DOCS, Block, Terminal, blocks, environment, normal

PAGE = "operations.md"
SECONDS = 60
VARIES = {
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}Z": "a time of the mock",
    r"\b(accepted  id )\S+": r"\1ID",
}


def steady(text: str) -> str:
    text = normal(text)
    for pattern, stand_in in VARIES.items():
        text = re.sub(pattern, stand_in, text)
    return text


@pytest.mark.timeout(180)
def test_operations_prints_what_it_shows(terminal: Terminal) -> None:
    for block in blocks(PAGE, "console"):
        said = terminal.run(block.text)
        assert steady(said) == steady(block.text), f"{PAGE}, line {block.line}"


PROGRAMS = blocks(PAGE, "python")


@pytest.mark.parametrize("program", PROGRAMS, ids=[f"line {one.line}" for one in PROGRAMS])
def test_each_program_of_the_page_runs(
    smsbridge_mock: Provider, tmp_path: Path, program: Block
) -> None:
    smsbridge_mock.history.take("id-1", "+12025550123", "Hello", None)
    smsbridge_mock.history.take("id-2", "+12025550123", "Hello", Status.REJECTED)
    smsbridge_mock.history.sent[1].at -= timedelta(minutes=1)
    url = f"smsmobileapi+rest://test-key@{smsbridge_mock.address[7:]}?tls=off"
    done = subprocess.run(
        [sys.executable, "-c", program.text],
        cwd=tmp_path,
        env={**environment(), "SMSBRIDGE_URL": url},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    silent = "delete" in program.text or "resend" in program.text
    assert bool(done.stdout) != silent


def test_the_page_has_each_method_of_the_client() -> None:
    page = (Path(__file__).parents[1] / "docs" / PAGE).read_text(encoding="utf-8")
    methods = ("status", "wait", "sent", "received", "wait_received", "resend", "delete", "resolve")
    assert [name for name in methods if f"sms.{name}(" not in page] == []


def test_the_reasons_that_another_backend_may_not_share_are_those_of_the_code() -> None:
    page = (DOCS / "outcomes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (yes|no) \|$", page, re.MULTILINE)
    assert rows == [(str(reason), "yes" if reason.elsewhere else "no") for reason in Reason]


BLOCKS = [block.text for block in blocks("config.md", "toml") if "[backends." in block.text]


@each("text", BLOCKS)
def test_each_block_of_the_config_page_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    for name in re.findall('env = "(\\w+)"', text):
        monkeypatch.setenv(name, "secret")
    file = tmp_path / "smsbridge.toml"
    file.write_text(text, encoding="utf-8")
    names = tomllib.loads(text)["backends"]
    assert [from_file(name, file).name for name in names]


def test_each_key_of_every_backend_is_on_the_config_page() -> None:
    page = (DOCS / "config.md").read_text(encoding="utf-8")
    keys = [one.name for kind in (SMSMobileAPI, Failover) for one in fields(kind)]
    assert [key for key in keys if f"| `{key}` |" not in page] == []


@each("name", ["retry", "limit"])
def test_each_number_of_a_table_of_config_is_on_the_config_page(name: str) -> None:
    page = (DOCS / "config.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{name}` \|.*$", page, re.MULTILINE)
    assert [
        one.name for one in fields({"retry": Retry, "limit": Limit}[name]) if one.name not in row
    ] == []


def test_the_log_has_the_records_and_the_extras_that_the_page_names(
    smsbridge_mock: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "smsbridge")
    with Client() as sms:
        sms.send("+12025550123", "canary-text", reference="order-4711")
        with pytest.raises(OutcomeUnknown):
            sms.send("+447700900002", "canary-text")
    records = [one for one in caplog.records if one.name == "smsbridge"]
    lines = [f"{one.levelname} {one.name} {one.getMessage()}" for one in records]
    shown, *_ = (block.text for block in blocks("logging.md", "text"))
    address = smsbridge_mock.address.removeprefix("http://")
    assert "\n".join(lines[:3]) + "\n" == shown.replace("127.0.0.1:8765", address)
    assert lines[-1] == "ERROR smsbridge send: unknown (smsmobileapi over rest)"
    page = (DOCS / "logging.md").read_text(encoding="utf-8")
    usual = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName"}
    extras = {name for one in records for name in vars(one).keys() - usual}
    assert [name for name in extras if f"`{name}`" not in page] == []
    everything = " ".join(str(vars(one)) for one in records)
    private = ("2025550123", "7700900002", "canary-text", "test-key")
    assert [word for word in private if word in everything] == []
    others = [{**vars(one), "exchange": ""} for one in records]
    assert "sendsms" not in str(others), "only what was said has a path"
