"""``smsbridge explain --all``: a row for each block, what each sends, and why one can't."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import Done, run
from support.sending import NUMBER, TEXT
from support.vendor import CONFIG, WSDL

URL = "https://api.oldcorp.example/v2/messages"
MORE = """
[backends.either]
backend = "failover"
backends = ["oldcorp", "newcorp"]

[backends.mobile]
backend = "smsmobileapi"
api_key = "canary-51bc"

[backends.nowhere]
backend = "memory"
"""


@pytest.fixture(autouse=True)
def _here(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand beside the example of the docs, with more blocks."""
    (nowhere / "smsbridge.toml").write_text(CONFIG + MORE)
    (nowhere / "oldcorp.wsdl").write_text(WSDL)
    monkeypatch.setenv("OLDCORP", "canary-51bc")
    monkeypatch.setenv("NEWCORP", "canary-51bc")


def rows(done: Done) -> dict[str, list[str]]:
    """Return the cells of each row by its first."""
    table = done.out.partition("\n\n")[0]
    found = [line.split(maxsplit=5) for line in table.splitlines()]
    return {cells[0]: cells[1:] for cells in found}


def test_each_block_is_a_row_and_what_leaves_is_shown_below() -> None:
    done = run("explain", NUMBER, TEXT, "--all", "--reference", "order-4711")
    assert (done.code, done.err) == (0, "")
    found = rows(done)
    assert found["block"] == ["protocol", "recipient", "encoding", "segments", "what"]
    assert found["oldcorp"][:4] == ["soap", "12025550123", "gsm-7", "1"]
    assert found["newcorp"] == ["rest", NUMBER, "gsm-7", "1", f"POST {URL}"]
    assert found["either"] == ["failover", "-", "-", "-", "the first of oldcorp, newcorp"]
    assert found["nowhere"][-1] == "nothing is sent over a network"
    heads = [line for line in done.out.splitlines() if line.startswith("backend ")]
    assert heads == [
        "backend    oldcorp over soap",
        "backend    oldcorp-mock over soap",
        "backend    newcorp over rest",
        "backend    newcorp-mock over rest",
        "backend    mobile, smsmobileapi over rest",
    ]
    alone = run("explain", NUMBER, TEXT, "--backend", "newcorp", "--reference", "order-4711").out
    assert alone.partition("\n")[2] in done.out, "a block is explained as it is alone"
    assert "canary-51bc" not in done.out


def test_the_text_is_counted_as_it_is() -> None:
    found = rows(run("explain", NUMBER, "Grüße, 世界 " * 10, "--all"))
    assert found["newcorp"][2:4] == ["ucs-2", "2"]


def test_each_reason_why_a_block_cant_take_it_is_said() -> None:
    options = ["--sender", "Acme", "--at", "2099-01-31T09:00+00:00"]
    done = run("explain", NUMBER, TEXT, "--all", *options)
    assert (done.code, done.err) == (2, "")
    why = rows(done)["newcorp"][-1]
    assert "can't carry sender" in why
    assert "can't carry send_at" in why
    assert f"\n\nnewcorp  {why}\n" in done.out
    assert rows(done)["mobile"][-1].count("can't carry") == 1, "it can be given a time"


def test_a_block_that_cant_be_read_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWCORP")
    done = run("explain", NUMBER, TEXT, "--all")
    assert (done.code, done.err) == (2, "")
    assert rows(done)["newcorp"][:4] == ["-"] * 4
    assert rows(done)["newcorp"][-1].endswith(
        "the environment variable NEWCORP is not set, or empty"
    )
    assert rows(done)["oldcorp"][0] == "soap"


@pytest.mark.parametrize("options", [["--backend", "oldcorp"], ["--url", "memory://"]])
def test_all_is_given_alone(options: list[str]) -> None:
    done = run("explain", NUMBER, TEXT, "--all", *options)
    assert (done.code, done.out) == (2, "")
    assert "give only one of --all, --backend and --url" in done.err


def test_without_a_config_there_is_nothing_to_compare(nowhere: Path) -> None:
    (nowhere / "smsbridge.toml").unlink()
    done = run("explain", NUMBER, TEXT, "--all")
    assert (done.code, done.out) == (2, "")
    assert "no config: write smsbridge.toml" in done.err
