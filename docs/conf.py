"""How the docs are built, and the parts of them that are generated: they can't go stale."""  # noqa: INP001  (Sphinx wants it here)

import sys
from pathlib import Path

from click.testing import CliRunner

from smsbridge.cli import main
from smsbridge.testing.fixture.load import load, shipped

sys.path.insert(0, str(Path(__file__).parent))
import catalogue_pages

project = "smsbridge"
author = "the smsbridge authors"
project_copyright = "the smsbridge authors"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["substitution"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "smsbridge"
html_static_path = ["_static"]
html_css_files = ["copy.css"]
html_js_files = ["copy.js"]
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
toc_object_entries = False


def provenance() -> str:
    """Return the table of the fixtures that ship: what each says, and what backs it."""
    rows = [
        "| fixture | what it says | protocols | source | evidence | verified live |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in shipped():
        fixture = load(name)
        protocols = ", ".join(fixture.protocols) or "all"
        source = fixture.provenance
        cells = (
            f"`{fixture.id}`",
            fixture.title,
            protocols,
            source.source,
            source.evidence,
            source.verified or "never",
        )
        rows.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(rows)


def command_help() -> str:
    """Return what ``smsbridge --help`` and the help of each command print."""
    lines = ["", *(f" {name}" for name in sorted(main.commands))]
    return "\n\n".join(f"```text\n$ smsbridge{line} --help\n{_help(line)}```" for line in lines)


def _help(line: str) -> str:
    arguments = [*line.split(), "--help"]
    return CliRunner().invoke(main, arguments, prog_name="smsbridge", terminal_width=80).output


catalogue_pages.write()
myst_substitutions = {
    "provenance": provenance(),
    "command_help": command_help(),
    "catalogue_matrix": catalogue_pages.matrix(),
    "catalogue_figures": catalogue_pages.figures(),
}
