"""The operators are a list that the docs have as it is."""

from __future__ import annotations

from pathlib import Path

from smsbridge.http.exchange import Request
from smsbridge.testing.mutants.operators import OPERATORS, mutants

PAGE = Path(__file__).parents[3] / "docs" / "mutants.md"


def test_the_page_has_each_operator_with_what_it_does() -> None:
    rows = [
        f"| `{one.name}` | {one.what} |" + (f" {one.reason} |" if one.reason else "")
        for one in OPERATORS
    ]
    page = PAGE.read_text(encoding="utf-8").partition("## The operators")[2].splitlines()
    assert [line for line in page if line.startswith("| `")] == rows


def test_no_two_mutants_have_one_name_and_none_is_the_request_itself() -> None:
    asked = Request(
        method="GET", url="https://api.acme.example/log?id=7&n=8", headers={"Accept": "x"}
    )
    made = list(mutants(asked))
    assert len({str(one) for one in made}) == len(made)
    assert [str(one) for one in made if one.change(asked) == asked] == []
