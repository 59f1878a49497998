"""docs/design.md: each file and each name that it sends a reader to is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from support.each import each

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| … [^|]+ \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


def names(body: list[ast.stmt], prefix: str = "") -> set[str]:
    """Return what a module defines, and the methods of its classes as ``Class.method``."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.ClassDef):
            found |= {prefix + node.name, *names(node.body, f"{prefix}{node.name}.")}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(prefix + node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {prefix + target.id for target in targets if isinstance(target, ast.Name)}
    return found


@each(("path", "name"), ROWS)
def test_a_reader_finds_the_name_in_the_file(path: str, name: str) -> None:
    assert name in names(ast.parse((ROOT / path).read_text(encoding="utf-8")).body)


def test_every_row_of_the_table_is_checked() -> None:
    assert len(ROWS) == PAGE.count("\n| … ")
