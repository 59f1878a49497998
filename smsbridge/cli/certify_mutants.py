"""``smsbridge certify --mutants``: whether fixtures notice what leaves in another shape."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from smsbridge.cli.streams import put
from smsbridge.cli.table import show_table
from smsbridge.text.count import count

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject
    from smsbridge.testing.mutants.run import FixtureMutants

_HEADS = ("fixture", "over", "mutants", "killed", "same", "survived", "not claimed")


def show_mutants(
    subject: Subject, protocols: tuple[str, ...], seconds: float, *, as_json: bool
) -> bool:
    """Print what became of every mutant; return whether each was tried, and none survived.

    ``seconds``: for all of them.
    """
    from smsbridge.testing.mutants.run import all_mutants

    end = time.monotonic() + seconds
    found = list(all_mutants(subject.backend, list(subject.every_fixture), protocols, end))
    if as_json:
        document = {"backend": subject.backend.name, "fixtures": [asdict(one) for one in found]}
        put(json.dumps(document))
    else:
        _show(found)
    return bool(found) and all(one.is_sound for one in found)


def _show(found: Sequence[FixtureMutants]) -> None:
    from smsbridge.testing.mutants.run import Fate

    rows = [
        [
            one.fixture,
            one.protocol,
            str(len(one.tried)),
            *(str(len(one.of(fate))) for fate in (Fate.KILLED, Fate.SAME, Fate.SURVIVED)),
            str(one.unclaimed),
        ]
        for one in found
    ]
    show_table(_HEADS, rows)
    for one in found:
        for why in one.broken:
            put(f"{one.fixture} over {one.protocol}: no mutant was made: {why}")
        for fate, said in (
            (Fate.SURVIVED, "stays green: it claims to cover it"),
            (Fate.REFUSED, "fails, but means the same"),
        ):
            for mutant in one.of(fate):
                put(
                    f"{one.fixture} over {one.protocol}, {mutant.interaction}: {mutant.name} {said}"
                )
        if one.untried:
            put(f"{one.fixture} over {one.protocol}: {one.untried} were not tried in time")
    _show_same(found)
    tried = sum(len(one.tried) for one in found)
    ends = Counter(mutant.fate for one in found for mutant in one.tried)
    said = ", ".join(f"{ends[fate]} {fate}" for fate in Fate if ends[fate])
    put()
    put(f"{count(tried, 'mutant')}: {said or 'nothing was altered'}")


def _show_same(found: Sequence[FixtureMutants]) -> None:
    """Print each mutant that means the same by its name, with its reason once."""
    from smsbridge.testing.mutants.run import Fate

    reasons: dict[tuple[str, str], int] = Counter(
        (mutant.name, mutant.reason) for one in found for mutant in one.of(Fate.SAME)
    )
    if reasons:
        put()
        put("These mean the same, so no fixture has to notice them:")
        show_table(
            ("mutant", "times", "reason"),
            [[name, str(times), reason] for (name, reason), times in sorted(reasons.items())],
        )
