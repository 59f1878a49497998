"""docs/jobs-excel.md: each command of the page prints what the page shows."""

from __future__ import annotations

import pytest

from support.terminal import Terminal

PAGE = "jobs-excel.md"


@pytest.mark.full
@pytest.mark.timeout(180)
def test_an_export_of_excel_is_sent_as_the_page_shows(terminal: Terminal) -> None:
    for said, shown, place in terminal.follow(PAGE):
        assert said == shown, place
