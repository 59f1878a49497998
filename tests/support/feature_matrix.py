"""The rows of docs/features.md: what the command certify prints for each backend that ships.

Run it to write them anew: ``.venv/bin/python tests/support/feature_matrix.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from smsbridge.backends.catalogue import entry_of
from smsbridge.backends.registry import installed_backends
from smsbridge.testing.contract.clause import CONTRACT_VERSION
from smsbridge.testing.contract.feature_row import feature_rows, head
from smsbridge.testing.contract.subject import canary_keys

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
BEGIN, END = "<!-- rows -->\n", "<!-- end of rows -->"


def names() -> list[str]:
    """Return the backends that ship and speak to a provider; the catalogue has its own page."""
    found = [one for one in installed_backends() if one.distribution == "smsbridge"]
    speaking = [(one.name, one.backend) for one in found if one.backend and one.backend.protocols]
    return [name for name, kind in speaking if entry_of(kind) is None]


def rows() -> Iterator[str]:
    """Yield the rows of each, as they are where the contract is kept."""
    for one in installed_backends():
        if one.name in names() and one.backend is not None:
            made = one.backend(**canary_keys(one.backend))
            kept = dict.fromkeys(made.protocols, f"{CONTRACT_VERSION}: pass")
            yield from (row.markdown() for row in feature_rows(made, kept))


def written(page: str) -> str:
    """Return the page with its rows as they are now."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    table = "\n".join([head(), *rows()])
    return f"{before}{BEGIN}\n{table}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
