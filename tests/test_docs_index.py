"""docs/index.md, the first page: what it shows works, and its buttons copy what one would type."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from support.each import each
from support.terminal import DOCS, Terminal, blocks
from support.tools import need

PAGE = "index.md"
COPIED = """
global.document = { addEventListener() {} };
const script = require('fs').readFileSync(process.argv[1], 'utf8');
const copied = new Function(`${script}; return copied;`)();
process.stdout.write(copied(process.argv[2], process.argv[3] === 'console'));
"""


def test_the_first_message_is_sent_as_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(tmp_path)
    try:
        terminal.do(PAGE)
        monkeypatch.setenv("SMSBRIDGE_URL", terminal.env["SMSBRIDGE_URL"])
        (program,) = blocks(PAGE, "python")
        names: dict[str, object] = {}
        exec(program.text, names)  # the page's own program
    finally:
        terminal.close()
    assert "status=<Status.QUEUED: 'queued'>" in repr(names["submission"])


def test_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].keys() - {"all"}
    page = (DOCS / PAGE).read_text(encoding="utf-8").partition("| extra |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == sorted(extras)


def test_each_page_is_in_the_index() -> None:
    page = (DOCS / PAGE).read_text(encoding="utf-8")
    files = {file.stem for file in DOCS.glob("*.md")} - {"index"}
    listed = re.findall(r"^[a-z-]+$", page, re.MULTILINE)
    assert sorted(listed) == sorted(files)
    assert {name for name in files if f"]({name}.md)" not in page} == set()


COPIES = [
    ("$ smsbridge backends\nmemory\n$ echo $?\n0\n", "console", "smsbridge backends\necho $?\n"),
    ("cd shop\npip install .\n", "sh", "cd shop\npip install .\n"),
]


@each(("text", "kind", "copied"), COPIES)
def test_a_button_copies_what_one_would_type(text: str, kind: str, copied: str) -> None:
    node = need("node", "nodejs")
    script = DOCS / "_static" / "copy.js"
    done = subprocess.run(
        [node, "-e", COPIED, script, text, kind],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert done.stdout == copied
