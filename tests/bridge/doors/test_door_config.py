"""The doors of a config: callers, backends, and errors with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.bridge.doors.door_config import AnswerWhen, OnUnknown
from smsbridge.errors import ConfigError

from support.bridges import NEW, OLD, config_text, read, refusal
from support.each import each

KEY = '\napi_key = "k"\n'


def test_a_door_needs_no_more_than_three_keys(tmp_path: Path) -> None:
    (door,) = read(tmp_path, config_text()).doors
    assert (door.name, door.path, door.to) == ("shop", "", "new")
    assert (door.answer, door.on_unknown) == (AnswerWhen.STORED, OnUnknown.HOLD)
    assert list(door.callers) == ["shop", "till", "app"]


def test_each_key_of_a_door_is_read(tmp_path: Path) -> None:
    door = (
        'path = "/old/"\nanswer = "outcome"\nwait = "5s"\nsame_within = "10s"\ncharset = "Latin1"\n'
    )
    (only,) = read(tmp_path, config_text(f'{door}on_unknown = "resend"')).doors
    assert (only.path, only.answer, only.wait) == ("/old", "outcome", 5.0)
    assert (only.same_within, only.on_unknown, only.charset) == (10.0, "resend", "latin1")


def test_a_caller_has_the_credentials_and_the_door_none_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "s-1")
    text = config_text().replace('"shop-key"', '{ env = "SHOP_KEY" }')
    (door,) = read(tmp_path, text).doors
    assert door.callers["shop"].credentials() == {"api_key": "s-1"}
    assert door.callers["app"].protocol == "oauth"


def test_the_credentials_of_a_block_with_an_auth_are_those_of_its_auth(tmp_path: Path) -> None:
    text = config_text(backends=OLD + NEW).replace('speaks = "old"', 'speaks = "new"')
    callers = text[text.index("callers") : text.index("\n", text.index("callers"))]
    text = text.replace(callers, 'callers = { shop = { key = "other" } }')
    (door,) = read(tmp_path, text).doors
    assert door.callers["shop"].credentials() == {"key": "other"}


@each(
    ("given", "instead", "why"),
    [
        ('to = "new"', 'to = "nwe"', "line 6: doors.shop.to: there is no [backends.nwe]"),
        ('speaks = "old"', 'speaks = "twilio"', 'add one, with backend = "twilio"'),
        ('speaks = "old"', "speaks = 1", "line 5: doors.shop.speaks: give text"),
        (
            "till-key",
            "shop-key",
            "line 7: doors.shop.callers.till: it has the same credentials as shop",
        ),
        ('to = "new"', 'to = "new"\non_unknown = "x"', "on_unknown: give hold or resend"),
        ('to = "new"', 'to = "new"\ncharset = "utf-16"', "shop.charset: give a legacy encoding"),
        ('to = "new"', 'to = "new"\nwait = "1h"', "doors.shop.wait: give 1s to 300s"),
        ('to = "new"', 'to = "new"\npath = "old"', "doors.shop.path: give a path"),
        (
            'to = "new"',
            'to = "new"\npath = "/livez"',
            "doors.shop.path: /livez is used by the bridge itself",
        ),
        (
            'api_key = "shop-key"',
            'apikey = "k"',
            "line 7: doors.shop.callers.shop: speaks old: 'apikey' is not a key of smsmobileapi",
        ),
        (
            'api_key = "shop-key"',
            "",
            "line 7: doors.shop.callers.shop: speaks old: smsmobileapi over rest needs api_key",
        ),
        (
            'backend = "smsmobileapi"',
            'backend = "smsmobileapi"\nprotocl = "rest"',
            "[backends.old]: 'protocl' is not a key of smsmobileapi",
        ),
        (
            "shop = {",
            '"a b" = {',
            'doors.shop.callers."a b": a caller\'s name has at most 64 letters',
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, given: str, instead: str, why: str
) -> None:
    assert why in refusal(tmp_path, config_text().replace(given, instead, 1))


def test_a_door_needs_a_caller_and_a_dialect(tmp_path: Path) -> None:
    text = config_text()
    callers = text[text.index("callers") : text.index("\n", text.index("callers"))]
    with pytest.raises(ConfigError, match="give at least one caller"):
        read(tmp_path, text.replace(callers, "callers = {}"))
    console = text.replace(OLD, '[backends.old]\nbackend = "console"\n')
    with pytest.raises(ConfigError, match="it has no protocol"):
        read(tmp_path, console.replace(callers, "callers = { shop = {} }"))
    with pytest.raises(ConfigError, match="give at least one door"):
        read(tmp_path, "[bridge]\n[doors]\n" + OLD)


def test_two_doors_have_two_paths(tmp_path: Path) -> None:
    second = '[doors.two]\nspeaks = "old"\nto = "new"\npath = "/old"\n'
    text = config_text('path = "/old"', backends=f"{second}callers = {{ a = {{ api_key = 'k' }} }}")
    with pytest.raises(ConfigError, match=r"doors\.two\.path: /old is already the path of shop"):
        read(tmp_path, text + OLD + NEW)


def test_a_shadow_is_a_block_of_its_own_that_nothing_is_sent_through(tmp_path: Path) -> None:
    config = read(tmp_path, config_text('shadow = "old"', backends=OLD.strip() + KEY + NEW))
    (door,) = config.doors
    assert (door.to, door.shadow) == ("new", "old")
    assert list(config.backends) == ["new"]
    assert list(config.shadows) == ["old"]
    assert read(tmp_path, config_text()).shadows == {}


@each(
    ("door", "why"),
    [
        ('shadow = "nwe"', "line 8: doors.shop.shadow: there is no [backends.nwe]"),
        ('shadow = "new"', "line 8: doors.shop.shadow: new is already the block in to"),
        ('shadow = "old"', "[backends.old]: smsmobileapi over rest needs api_key"),
        (
            'shadow = "shown"',
            "line 8: doors.shop.shadow: [backends.shown] can't be compared: console has no table",
        ),
        (
            'shadow = "all"',
            "line 8: doors.shop.shadow: [backends.all] can't be compared: console has no table",
        ),
    ],
)
def test_a_shadow_that_can_not_be_compared_is_refused_with_its_line(
    tmp_path: Path, door: str, why: str
) -> None:
    more = '[backends.shown]\nbackend = "console"\n'
    more += '[backends.all]\nbackend = "failover"\nbackends = ["new", "shown"]\n'
    assert why in refusal(tmp_path, config_text(door, backends=OLD + NEW + more))


def test_what_is_sent_through_must_have_a_table_too_where_it_is_compared(tmp_path: Path) -> None:
    text = config_text('shadow = "new"').replace('to = "new"', 'to = "shown"')
    with pytest.raises(ConfigError, match=r"shadow: \[backends.shown\] can't be compared"):
        read(tmp_path, text + '[backends.shown]\nbackend = "console"\n')
