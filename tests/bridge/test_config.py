"""The table [bridge]: its keys, and errors with their line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from support.bridges import config_text, read, refusal
from support.each import each


def test_a_bridge_with_one_door_needs_nothing_else(tmp_path: Path) -> None:
    config = read(tmp_path, config_text())
    assert (config.host, config.port, config.address) == ("127.0.0.1", 8780, "")
    assert config.store == tmp_path / "bridge.db"
    assert config.keep == timedelta(days=90)
    assert [door.name for door in config.doors] == ["shop"]
    assert list(config.backends) == ["new"]


def test_each_key_is_read(tmp_path: Path) -> None:
    own = (
        'store = "sqlite:///data/b.db"\nlisten = "[::1]:9000"\nkeep = "2h"\nworkers = 3\n'
        'address = "https://sms.example/"\nproxies = ["127.0.0.1", "2001:db8::/32"]'
    )
    config = read(tmp_path, config_text(bridge=own))
    assert (config.host, config.port, config.address) == ("::1", 9000, "https://sms.example")
    assert config.proxies == ("127.0.0.1", "2001:db8::/32")
    assert (config.keep, config.workers) == (timedelta(hours=2), 3)
    assert config.store == tmp_path / "data" / "b.db"


@each(
    ("given", "instead", "why"),
    [
        ("[bridge]", '[bridge]\nstroe = "x"', "line 3: bridge.stroe: not a key of bridge"),
        ("[bridge]", '[bridge]\nlisten = "here"', "line 3: bridge.listen: give a host and port"),
        ("[bridge]", '[bridge]\nlisten = "h:70000"', "bridge.listen: give a host and port"),
        (
            "[bridge]",
            '[bridge]\nkeep = "ever"',
            "bridge.keep: give a whole number and s, m, h or d",
        ),
        ("[bridge]", "[bridge]\nworkers = 0", "bridge.workers: give 1 to 64"),
        ("[bridge]", '[bridge]\naddress = "sms"', "bridge.address: give http:// or https://"),
        ("[bridge]", '[bridge]\nproxies = "10.0.0.1"', "bridge.proxies: give a list of texts"),
        ("[bridge]", '[bridge]\nproxies = ["nginx"]', "'nginx' is not an address or a"),
        ("[bridge]", "[bridge]\nproxies = [1]", "bridge.proxies: give a list of texts"),
        ("[bridge]", "[brigde]", "'brigde' is not a key of the file"),
        ("[bridge]", "", "smsbridge.toml has no [bridge]"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, given: str, instead: str, why: str
) -> None:
    assert why in refusal(tmp_path, config_text().replace(given, instead, 1))
