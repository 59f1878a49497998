"""Values that several tables have."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.bridge.table_values import duration_of, read_texts
from smsbridge.errors import ConfigError
from smsbridge.text.located import Checker

from support.bridges import config_text, read
from support.each import each


@each(
    ("text", "seconds"),
    [("30s", 30.0), ("5m", 300.0), ("24h", 86400.0), ("7d", 604800.0), ("7", None), ("ever", None)],
)
def test_a_duration_is_a_number_and_its_unit(text: str, seconds: float | None) -> None:
    assert duration_of(text) == seconds


def test_an_error_has_the_file_and_the_line_of_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^smsbridge.toml, line 3: bridge.keep: give a whole"):
        read(tmp_path, config_text(bridge='keep = "ever"'))


@each("given", ["text", [1], {}])
def test_a_list_of_texts_has_nothing_else(given: object) -> None:
    with pytest.raises(ConfigError, match=r"^some\.key: give a list of texts"):
        read_texts(Checker({"key": given}, ("some",)), "key", '["a"]')
