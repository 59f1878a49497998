"""``verified`` may move where all that was asked agreed, and a part does not verify the whole."""

from __future__ import annotations

from dataclasses import replace

from smsbridge.testing.drift.fixture_drift import FixtureDrift
from smsbridge.testing.drift.live_answer import Agreement, LiveInteraction
from smsbridge.testing.fixture.load import load

from support.each import each

ACCEPTED = "smsmobileapi/send/accepted-oauth"


@each(
    ("name", "asked", "verdict", "verified", "why"),
    [
        (ACCEPTED, ("token", "send"), Agreement.AGREES, None, ""),
        (ACCEPTED, ("send",), Agreement.AGREES, None, ""),
        (ACCEPTED, ("token",), Agreement.AGREES, None, "send was never verified"),
        (ACCEPTED, ("token",), Agreement.AGREES, "2026-11-23", ""),
        (ACCEPTED, ("token", "send"), Agreement.EMPTY, None, "it did not agree"),
        (ACCEPTED, ("token", "send"), Agreement.NOT_ASKED, "2026-11-23", "it did not agree"),
    ],
)
def test_when_verified_may_move(
    name: str, asked: tuple[str, ...], verdict: Agreement, verified: str | None, why: str
) -> None:
    fixture = load(name)
    fixture = replace(fixture, provenance=replace(fixture.provenance, verified=verified))
    done = [LiveInteraction(fixture=name, interaction=one, verdict=verdict) for one in asked]
    found = FixtureDrift("file.yaml", fixture, tuple(done))
    assert found.may_be_accepted == (not why)
    assert found.why_not.startswith(why)
