"""docs/catalogue.md: its pages are made from the files of the catalogue."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from smsbridge.backends.catalogue import catalogue_names
from smsbridge.config.load import from_mapping
from smsbridge.text.toml import read_toml

from support.each import each
from support.terminal import DOCS


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue_pages", DOCS / "catalogue_pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_provider_has_a_row_that_says_who_agrees_and_never_that_it_was_live(
    pages: ModuleType,
) -> None:
    rows = re.findall(
        r"^\| \[.+\]\(catalogue/([\w-]+)\.md\) .* \| (.+) \| (\S+) \|$",
        pages.matrix(),
        re.MULTILINE,
    )
    assert {name for name, _, _ in rows} == catalogue_names()
    assert {live for _, _, live in rows} == {"never"}
    assert all(witnesses.strip() for _, witnesses, _ in rows)


def test_the_block_of_each_page_is_a_backend(pages: ModuleType) -> None:
    for name in catalogue_names():
        (block,) = re.findall(r"```toml\n(.*?)```", pages.page(name), re.DOTALL)
        given = read_toml(block.replace('"https://…"', '"https://sms.example"'))
        assert from_mapping(given["backends"]["shop"]).name == name


def test_the_figures_count_what_the_files_say(pages: ModuleType) -> None:
    figures = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", pages.figures(), re.MULTILINE))
    assert figures["providers"] == str(len(catalogue_names()))
    listed = (DOCS / "data" / "providers.tsv").read_text().splitlines()[1:]
    known = {tuple(reversed(line.split("\t"))) for line in listed}
    covered = [
        tuple(one.split(":"))
        for _, entry in pages.entries().values()
        for one in entry.provenance.get("covers", ())
    ]
    assert set(covered) <= known
    assert len(covered) == len(set(covered))


@each("gone", ["nobody.md"])
def test_a_page_of_no_file_is_removed(gone: str, pages: ModuleType, tmp_path: Path) -> None:
    (tmp_path / gone).write_text("# Nobody")
    pages.write(tmp_path)
    assert {file.stem for file in tmp_path.iterdir()} == catalogue_names()
