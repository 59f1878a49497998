"""How far a run is: a line now and then. The bar on a terminal: test_command.py."""

from __future__ import annotations

from collections import Counter

import pytest

from smsbridge.cli.bulk.progress import progress_lines


def test_a_line_now_and_then_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([0.0, 9.0, 10.0, 10.0, 19.9, 20.0, 20.0])
    counts: Counter[str] = Counter()
    show = progress_lines(3, counts, lambda: next(clock))
    for _ in range(4):
        counts["accepted"] += 1
        show()
    assert capsys.readouterr() == ("", "2 of 3: accepted 2\n4 of 3: accepted 4\n")
