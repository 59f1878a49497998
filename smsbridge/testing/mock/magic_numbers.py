"""Numbers that the mock answers by their last three digits, as test cards are for payments.

+44 7700 900000 to 900999 is a range that is assigned to no one (Ofcom reserves it for drama).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from smsbridge.message import Status

_RANGE = re.compile(r"\+447700900([0-9]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What happens to a message to one number.

    ``fault``: a word of `faults`, empty where it is accepted. ``status``: what the log says later.
    """

    digits: str
    what: str
    fault: str = ""
    status: Status | None = None

    @property
    def recipient(self) -> str:
        """The number."""
        return f"+447700900{self.digits}"


_RULES = (
    Rule(digits="000", what="accepted, later delivered", status=Status.DELIVERED),
    Rule(digits="001", what="accepted, later undelivered", status=Status.UNDELIVERED),
    Rule(digits="002", what="taken, and the connection is reset", fault="reset-after-request"),
    Rule(digits="003", what="taken, and no answer comes", fault="silence"),
    Rule(digits="400", what="refused with HTTP 400", fault="refusals:400"),
    Rule(digits="401", what="refused with HTTP 401", fault="unauthorized"),
    Rule(digits="429", what="HTTP 429, with Retry-After: 7", fault="too-many:seconds"),
    Rule(digits="500", what="taken, and answered with HTTP 500", fault="server-error:500"),
    Rule(
        digits="503",
        what="taken, and answered with HTTP 503, Retry-After: 7",
        fault="unavailable:seconds",
    ),
    Rule(digits="999", what="taken, and a 200 that makes no sense", fault="bad-json:shape"),
)

RULES: Mapping[str, Rule] = {rule.digits: rule for rule in _RULES}
"""The rules, by the last three digits."""


def recipient_rule(recipient: str) -> Rule | None:
    """Return the rule for a number, if there is one."""
    found = _RANGE.fullmatch(recipient)
    return RULES.get(found[1]) if found else None
