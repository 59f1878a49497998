"""``smsbridge certify --mutants`` prints what became of the mutants of each fixture."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import run

pytestmark = pytest.mark.usefixtures("nowhere")

FIXTURE = """\
smsbridge-fixture: 1
id: parlayx/send/one
title: One
provenance: {source: DOC, evidence: a test, date: "2026-11-22"}
protocols: [basic]
message: {recipient: "+12025550123", text: Hello}
expect: {outcome: accepted}
interactions:
  - id: send
    request:
      soap: {operation: sendSms, args: ARGS}
    response: {soap: {result: {result: "7"}}}
"""
PINNED = '{addresses: ["tel:+12025550123"], message: Hello, senderName: {$optional: {$any: true}}}'


def write(args: str) -> None:
    Path("fixtures").mkdir(exist_ok=True)
    Path("fixtures/one.yaml").write_text(FIXTURE.replace("ARGS", args))


def test_each_fixture_has_its_number_and_the_same_ones_are_named() -> None:
    write("{$extra: allow, message: Hello}")
    done = run("certify", "parlayx", "--mutants", "--fixtures", "fixtures")
    assert (done.code, done.err) == (0, ""), done.out
    head, row, *_ = done.out.splitlines()
    assert head.split() == ["fixture", "over", "mutants", "killed", "same", "survived", *NOT]
    assert row.split()[:2] == ["parlayx/send/one", "basic"]
    assert "prefix operation" in done.out
    assert done.out.splitlines()[-1].partition(":")[0].endswith(" mutants")


NOT = ["not", "claimed"]


def test_what_was_not_tried_in_time_exits_1() -> None:
    write("{$extra: allow, message: Hello}")
    done = run("certify", "parlayx", "--mutants", "--fixtures", "fixtures", "--seconds", "0")
    assert done.code == 1
    assert "were not tried in time" in done.out


def test_json_has_every_mutant() -> None:
    write("{$extra: allow, message: Hello}")
    done = run("certify", "parlayx", "--mutants", "--fixtures", "fixtures", "--json")
    (one,) = done.document["fixtures"]
    assert {mutant["fate"] for mutant in one["tried"]} == {"killed", "same"}


def test_it_makes_no_row_of_the_matrix() -> None:
    assert run("certify", "parlayx", "--mutants", "--markdown").code == 2
