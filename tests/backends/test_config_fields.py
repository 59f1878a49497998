"""A class whose fields are config keys is a frozen dataclass, without a word of it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from smsbridge import Secret
from smsbridge.backends.config_fields import Keys, is_secret


class Base(Keys):
    url: str = ""
    timeout: float = 30.0


class Own(Base):
    url = "https://sms.example"
    user: str
    password: Secret | None = None


def test_a_subclass_is_a_frozen_dataclass_with_keyword_arguments() -> None:
    own = Own(user="acme")
    assert is_dataclass(own)
    assert (own.url, own.timeout, own.user) == ("https://sms.example", 30.0, "acme")
    with pytest.raises(FrozenInstanceError):
        own.user = "other"
    with pytest.raises(TypeError):
        Own("acme")  # type: ignore[call-arg]  # that is the point


def test_a_plain_value_is_the_default_of_an_inherited_key_and_of_no_other_class() -> None:
    assert Base().url == ""
    assert Own(user="acme", url="http://127.0.0.1").url == "http://127.0.0.1"


def test_a_key_without_a_default_is_needed() -> None:
    with pytest.raises(TypeError, match="user"):
        Own()  # type: ignore[call-arg]  # that is the point


def test_a_secret_is_known_by_its_type() -> None:
    assert {key.name: is_secret(key) for key in fields(Own)} == {
        "url": False,
        "timeout": False,
        "user": False,
        "password": True,
    }
