"""``smsbridge certify`` prints how each clause ends, and exits 0 only if the contract is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import run
from support.contracts import ACCEPTED, ARRIVED, HEAD, REFUSED

HONEST = "support.contracts:Honest"
BROKEN = "support.contracts:DropsEmoji"


@pytest.fixture
def fixtures(nowhere: Path) -> str:
    for name, text in (("a", ACCEPTED), ("b", REFUSED), ("c", ARRIVED)):
        (nowhere / f"{name}.yaml").write_text(HEAD.format(id=f"honest/{name}") + text)
    return str(nowhere)


def test_a_contract_that_is_kept_is_shown_clause_by_clause(fixtures: str) -> None:
    done = run("certify", HONEST, "--fixtures", fixtures)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "honest, by version 1 of the contract"
    assert lines[2].split() == ["clause", "rest", "title"]
    assert lines[3].startswith("C1      pass")
    assert "C14: does not apply" in lines
    assert lines[-1] == "verdict: pass"


def test_a_broken_clause_is_named_with_what_was_found(fixtures: str) -> None:
    done = run("certify", BROKEN, "--fixtures", fixtures)
    assert done.code == 1
    assert "C12 over rest: fail\n  an emoji: it does not stand whole at body\n" in done.out
    assert done.out.endswith("verdict: fail\n")


def test_what_is_not_shown_is_no_pass(nowhere: Path) -> None:
    (nowhere / "a.yaml").write_text(HEAD.format(id="honest/a") + ACCEPTED)
    done = run("certify", HONEST, "--fixtures", str(nowhere), "--json")
    assert done.code == 1
    assert done.document["verdict"] == "not shown"
    unshown = [one for one in done.document["clauses"] if one["judgement"] == "not shown"]
    assert [one["clause"] for one in unshown] == ["C1", "C10"]


def test_its_rows_alone_can_be_printed(fixtures: str) -> None:
    done = run("certify", HONEST, "--fixtures", fixtures, "--markdown", "--protocol", "rest")
    assert done.code == 0
    assert [line[:10] for line in done.out.splitlines()] == [
        "| backend ",
        "| --- | --",
        "| `honest`",
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nobody"], "there is neither a block nor a backend 'nobody'"),
        ([HONEST, "--protocol", "soap"], "'soap' is not one of rest"),
        ([HONEST, "--json", "--markdown"], "give only one of --json and --markdown"),
        ([HONEST, "--fixtures", "none"], "there is no folder none"),
        (["console"], "console alone speaks to no provider"),
    ],
)
def test_what_can_not_be_judged_is_refused(arguments: list[str], why: str, nowhere: Path) -> None:
    done = run("certify", *arguments)
    assert (done.code, done.out) == (2, "")
    assert why in done.err
    assert nowhere.exists()
