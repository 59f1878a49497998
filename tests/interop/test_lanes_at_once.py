"""Suites in two languages share one mock, at the same time, and never see each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import Mock, node, php

TURNS = "50"


@pytest.mark.full
def test_a_suite_of_node_and_one_of_php_never_see_each_other_in_50_runs_at_once(mock: Mock) -> None:
    with ThreadPoolExecutor(2) as both:
        suites = [
            both.submit(node, None, "lanes.js", mock.address, "node", TURNS),
            both.submit(php, "curl", "lanes.php", mock.address, "php", TURNS),
        ]
        assert [suite.result() for suite in suites] == [TURNS, TURNS]
    assert mock.messages() == []
