"""``smsbridge mock --list``: what the mock can play."""

from __future__ import annotations

from smsbridge.testing.faults.table import FAULTS
from smsbridge.testing.fixture.find import fixture_ids

from support.commands import run


def test_each_scenario_that_ships_and_each_fault_has_a_line() -> None:
    done = run("mock", "--list")
    assert (done.code, done.err) == (0, "")
    scenarios, faults = (part.splitlines() for part in done.out.split("\n\n"))
    assert [line.split()[0] for line in scenarios] == ["scenario", *fixture_ids()]
    assert [line.split()[0] for line in faults] == ["fault", *FAULTS]
    known = "smsmobileapi/send/reset-after-request"
    (line,) = (line for line in scenarios if line.startswith(known))
    assert len(line.removeprefix(known).split()) > 3, "its title"
    assert "429, with Retry-After or without" in done.out
