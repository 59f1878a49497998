"""The files of a page: ours are short, those of others are as they were published."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

from smsbridge.page.static_files import STATIC, VENDORED, answer_file, content, version

from support.each import each

LINES = 150


@each(("name", "said"), VENDORED.items())
def test_a_file_of_others_is_as_it_was_published_and_has_its_licence(
    name: str, said: tuple[str, str]
) -> None:
    package, digest = said
    assert hashlib.sha256(content(name)).hexdigest() == digest
    licence = f"{name.partition('.')[0]}.licence.txt"
    text = (files("smsbridge.page") / "static" / licence).read_text(encoding="utf-8")
    assert text.startswith(f"{name}: {package} of the npm registry")
    assert "BSD" in text


def test_the_version_of_htmx_is_the_one_that_is_said() -> None:
    assert VENDORED["htmx.min.js"][0].split()[1].encode() in content("htmx.min.js")


def test_our_script_is_short_and_every_other_one_is_listed() -> None:
    assert len(content("page.js").splitlines()) < LINES
    there = {one.name for one in (files("smsbridge.page") / "static").iterdir()}
    assert {name for name in there if not name.endswith(".licence.txt")} == set(STATIC)
    scripts = {name for name in STATIC if name.endswith(".js")}
    assert scripts == {*VENDORED, "page.js"}


def test_nothing_is_fetched_from_elsewhere() -> None:
    for name in ("page.js", "style.css"):
        assert not re.search(rb"//[a-z]|@import|url\(", content(name).replace(b"// ", b""))


@each(("name", "kind"), STATIC.items())
def test_a_file_is_kept_by_browsers_until_it_changes(name: str, kind: str) -> None:
    answer = answer_file(name)
    assert answer is not None
    assert (answer.status, answer.header("content-type")) == (200, kind)
    assert "immutable" in answer.header("cache-control")
    assert hashlib.sha256(answer.body).hexdigest().startswith(version(name))


@each("name", ["", "none.js", "../pages.py", "htmx.licence.txt", "/etc/passwd"])
def test_no_other_file_is_given_out(name: str) -> None:
    assert answer_file(name) is None
