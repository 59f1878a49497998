"""A template makes an answer in which nothing of others is markup, and no script is inline."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from smsbridge.page.render import render_page
from smsbridge.page.source import Mount

FRAME = {"name": "a", "lane": "", "lanes": [""], "mount": Mount(base="/_mock"), "here": "/_mock/"}
FRAME |= {"url": Mount(base="/_mock").url, "place": "page/none", "back": ""}


def test_every_value_is_escaped() -> None:
    answer = render_page("refused.html", {**FRAME, "why": "<script>alert(1)</script>"}, 404)
    assert answer.status == 404
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in answer.body
    assert b"<script>" not in answer.body


def test_a_value_that_is_missing_is_an_error_and_no_gap() -> None:
    frame = {name: value for name, value in FRAME.items() if name != "place"}
    with pytest.raises(UndefinedError, match="place"):
        render_page("refused.html", {**frame, "why": ""})


def test_the_policy_allows_files_of_its_own_alone() -> None:
    answer = render_page("refused.html", {**FRAME, "why": ""})
    policy = dict(one.split(" ", 1) for one in answer.header("content-security-policy").split("; "))
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-content-type-options") == "nosniff"


def test_no_template_has_a_script_or_a_style_inline() -> None:
    for file in (files("smsbridge.page") / "templates").iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=|\|\s*safe", text), (
            file.name
        )
