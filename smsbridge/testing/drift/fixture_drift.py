"""What became of one fixture at the live service, and whether its ``verified`` may be moved."""

from __future__ import annotations

from dataclasses import dataclass

from smsbridge.testing.drift.live_answer import Agreement, LiveInteraction
from smsbridge.testing.fixture.load import Fixture, Interaction


@dataclass(frozen=True, slots=True)
class FixtureDrift:
    """A fixture by its file, and each of its safe interactions after it was asked again."""

    name: str
    fixture: Fixture
    interactions: tuple[LiveInteraction, ...]

    @property
    def agrees(self) -> bool:
        """Whether the live service agreed with all that was asked."""
        return all(one.verdict is Agreement.AGREES for one in self.interactions)

    @property
    def why_not(self) -> str:
        """Why the day in ``verified`` stays; empty if it may be moved.

        A fixture that was never verified as a whole is not by a part of it.
        """
        if not self.agrees:
            return "it did not agree"
        asked = {one.interaction for one in self.interactions}
        left = [one.id for one in self.fixture.interactions if one.id not in asked]
        if self.fixture.provenance.verified is None and left and not self._is_token_call(left):
            return f"{left[0]} was never verified, and may not be asked"
        return ""

    @property
    def may_be_accepted(self) -> bool:
        """Whether the day in ``verified`` may be moved."""
        return not self.why_not

    def _is_token_call(self, names: list[str]) -> bool:
        """Return whether interactions give nothing but the token of the safe ones."""
        return all(_mints_token(one) for one in self.fixture.interactions if one.id in names)


def _mints_token(one: Interaction) -> bool:
    return "{mint:token}" in str((one.response or {}).get("json", ""))
