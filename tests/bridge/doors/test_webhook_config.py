"""Where a caller's events go: the keys of a webhook, and errors with their line."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from smsbridge.bridge.doors.webhook_config import Shape, WebhookConfig, webhook_places
from smsbridge.config.load import read_document
from smsbridge.errors import ConfigError
from smsbridge.text.secrets import Secret

from support.bridges import NEW, OLD, config_text, read
from support.each import each
from support.webhook_receivers import OTHER_SECRET, SECRET

URL = 'url = "https://shop.example/sms"'
KEY = f'secrets = ["{SECRET}"]'


def webhooks(tmp_path: Path, keys: str, text: str = "") -> WebhookConfig:
    door = f"webhooks = {{ shop = {{ {keys} }} }}"
    config = read(tmp_path, (text or config_text("DOOR")).replace("DOOR", door))
    return config.doors[0].webhooks["shop"]


def test_an_address_and_a_secret_are_all_that_is_needed(tmp_path: Path) -> None:
    given = webhooks(tmp_path, f"{URL}, {KEY}")
    assert given == WebhookConfig(
        url="https://shop.example/sms", secrets=(Secret(SECRET),), shape=Shape.DIALECT
    )
    assert "shop.example" not in repr(given)
    assert SECRET not in repr(given)


def test_who_has_a_webhook_is_known_without_a_secret(tmp_path: Path) -> None:
    door = f'webhooks = {{ shop = {{ {URL}, secrets = [{{ env = "NOT_SET" }}] }} }}'
    (tmp_path / "smsbridge.toml").write_text(config_text(door), encoding="utf-8")
    document = read_document(tmp_path / "smsbridge.toml")
    assert list(webhook_places(document)) == [("shop", "shop")]


def test_each_key_of_a_webhook_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_WEBHOOK_SECRET", SECRET)
    keys = (
        'url = "http://10.1.2.3:8080/sms?key=k", '
        f'secrets = [{{ env = "SHOP_WEBHOOK_SECRET" }}, "{OTHER_SECRET}"], '
        'networks = ["10.0.0.0/8", "fd00::/8"], shape = "standard", dialect_secret = "old"'
    )
    given = webhooks(tmp_path, keys)
    assert given.url == "http://10.1.2.3:8080/sms?key=k"
    assert given.secrets == (Secret(SECRET), Secret(OTHER_SECRET))
    assert given.networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert given.shape is Shape.STANDARD
    assert given.dialect_secret == Secret("old")


def test_a_door_without_webhooks_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, config_text()).doors[0].webhooks == {}


def test_a_dialect_without_a_webhook_of_its_own_gets_our_json(tmp_path: Path) -> None:
    text = config_text("DOOR").replace('speaks = "old"', 'speaks = "new"')
    callers = text[text.index("callers") : text.index("\n", text.index("callers"))]
    text = text.replace(callers, 'callers = { shop = { key = "other" } }')
    assert webhooks(tmp_path, f"{URL}, {KEY}", text).shape is Shape.STANDARD
    with pytest.raises(ConfigError, match="shape: new has no webhooks of its own"):
        webhooks(tmp_path, f'{URL}, {KEY}, shape = "dialect"', text)


@each(
    ("keys", "why"),
    [
        (KEY, "line 8: doors.shop.webhooks.shop: url is missing"),
        (URL, "webhooks.shop: secrets is missing: give whsec_ and 24 to 64 random bytes"),
        (f"{URL}, secrets = []", "webhooks.shop: secrets is missing: give whsec_"),
        (f'{URL}, secrets = "{SECRET}"', "shop.secrets: give a list, such as"),
        (f'{URL}, secret = "{SECRET}"', "shop.secret: not a key of doors.shop.webhooks.shop"),
        (
            f'{URL}, secrets = ["{SECRET}", "whsec_c2hvcnQ="]',
            "shop.secrets: give whsec_ and 24 to 64",
        ),
        (
            f'{URL}, secrets = ["{SECRET[6:]}"]',
            "shop.secrets: give whsec_ and 24 to 64",
        ),
        (f'{URL}, secrets = ["whsec_###"]', "shop.secrets: give whsec_ and 24 to 64"),
        (f"{URL}, secrets = [7]", "shop.secrets: give text"),
        (
            f'{URL}, secrets = [{{ env = "NOT_SET_HERE" }}]',
            "shop.secrets: the environment variable NOT_SET_HERE is not set",
        ),
        (f'{KEY}, url = "shop.example"', "shop.url: give http:// or https://"),
        (f'{KEY}, url = "https://a:b@shop.example"', "shop.url: give http:// or https://"),
        (f'{KEY}, url = "https://shop.example/#a"', "shop.url: remove the fragment (#)"),
        (f'{KEY}, url = "http://shop.example"', "shop.url: use https; http is only allowed with"),
        (f'{KEY}, url = "https://127.0.0.1/"', "use a public address, or one in networks"),
        (
            f'{KEY}, url = "http://8.8.8.8/", networks = ["10.0.0.0/8"]',
            "shop.url: its address is not allowed: use one in networks",
        ),
        (f'{URL}, {KEY}, networks = "10.0.0.0/8"', "shop.networks: give a list of texts, such as"),
        (f'{URL}, {KEY}, networks = ["10.0.0.1/8"]', "'10.0.0.1/8' is not a network"),
        (f'{URL}, {KEY}, shape = "xml"', "shop.shape: give dialect or standard"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_line(tmp_path: Path, keys: str, why: str) -> None:
    with pytest.raises(ConfigError) as error:
        webhooks(tmp_path, keys)
    assert str(error.value).startswith("smsbridge.toml, line 8: doors.shop.webhooks.shop")
    assert why in str(error.value)
    assert SECRET not in str(error.value)


def test_only_a_caller_of_the_door_has_one(tmp_path: Path) -> None:
    door = f"webhooks = {{ shpo = {{ {URL}, {KEY} }} }}"
    with pytest.raises(ConfigError, match="shpo: not a caller of this door; did you mean 'shop'"):
        read(tmp_path, config_text(door, backends=OLD + NEW))
