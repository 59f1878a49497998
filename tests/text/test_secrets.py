"""A private value."""

from __future__ import annotations

from typing import Any

import pytest

from smsbridge import ConfigError, Secret
from smsbridge.text.secrets import same

from support.each import each


def test_a_secret_is_masked_wherever_it_is_shown() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret!r} {secret!s} {secret}"
    assert secret.reveal() == "canary"
    assert secret == Secret("canary")
    assert secret != Secret("other")
    assert secret != "canary"
    assert len({secret, Secret("canary")}) == 1


@each("value", ["", None, 7])
def test_an_empty_secret_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match="a secret is empty"):
        Secret(value)


def test_texts_are_compared_whatever_their_script() -> None:
    assert same("ключ", "ключ")
    assert not same("ключ", "key")
