"""The config of incoming events: who may post them, who gets them, and errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.bridge.events.event_config import receiver_of
from smsbridge.errors import ConfigError

from support.bridges import HERE, NEW, OLD, config_text, read
from support.each import each
from support.events import OWN, POLL, REPORTING, WEBHOOK, events_refusal, events_text

TWO = """
[backends.both]
backend = "failover"
backends = ["new", "spare"]
[backends.spare]
like = "new"
"""


def test_a_block_reports_to_a_path_with_its_secrets(tmp_path: Path) -> None:
    (events,) = read(tmp_path, events_text()).events
    assert (events.name, events.path, events.poll) == ("new", "/events/new", 0.0)
    assert events.routes == {"new"}
    assert events.owner(OWN) == events.owner(None) == ("shop", "shop")
    receiver_of(events, HERE)


def test_a_block_may_be_asked_instead(tmp_path: Path) -> None:
    (events,) = read(tmp_path, events_text('[bridge.events.new]\npoll = "5m"\n')).events
    assert (events.path, events.poll) == ("", 300.0)


def test_the_parts_of_a_failover_report_each_by_itself(tmp_path: Path) -> None:
    text = events_text(WEBHOOK + POLL.replace("new", "spare"), backends=OLD + REPORTING + TWO)
    one, other = read(tmp_path, text.replace('to = "new"', 'to = "both"')).events
    assert (one.name, other.name) == ("new", "spare")
    assert one.routes == other.routes == {"both"}


def test_reports_alone_need_no_received_key(tmp_path: Path) -> None:
    text = events_text().replace('received = "shop"\n', "")
    only = text[: text.index("[backends.new.received]")] + text[text.index("[backends.new.rep") :]
    (events,) = read(tmp_path, only[: only.index("[backends.new.arrived]")]).events
    assert events.owners == {}


def test_a_path_from_elsewhere_is_a_secret_that_proves_who_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEW_PATH", "/events/0123456789abcdef")
    text = events_text('[bridge.events.new]\nwebhook = { env = "NEW_PATH" }\n')
    (events,) = read(tmp_path, text).events
    assert (events.path, events.private) == ("/events/0123456789abcdef", True)
    assert "0123456789abcdef" not in repr(events)


@each(
    ("given", "instead", "why"),
    [
        ("events.new]", "events.nwe]", "line 10: bridge.events.nwe: no door sends through"),
        ("secrets =", "secret =", "line 12: bridge.events.new.secret: not a key"),
        (WEBHOOK, "[bridge.events.new]\n", "bridge.events.new: give webhook, poll, or both"),
        ('webhook = "/events/new"', 'webhook = "new"', "line 11: bridge.events.new.webhook: give"),
        ('"/events/new"', '"/livez"', "that path already belongs to the bridge itself"),
        ('"/events/new"', '"/old"', "that path already belongs to door shop"),
        ('"/events/new"', '{ env = "UNSET_PATH_X" }', "UNSET_PATH_X is not set"),
        ('secrets = ["hook-secret"]', "", "nothing proves that a call is the provider's"),
        ('secrets = ["hook-secret"]', "secrets = 1", "bridge.events.new.secrets: give a list"),
        ('secrets = ["hook-secret"]', "secrets = [1]", "bridge.events.new.secrets: give text"),
        ('secrets = ["hook-secret"]', 'networks = ["x"]', "new.networks: 'x' is not a network"),
        ('secrets = ["hook-secret"]', "networks = [1]", "new.networks: give a list of texts"),
        (WEBHOOK, POLL.replace("1s", "0s"), "bridge.events.new.poll: give 1s to 1d"),
        (WEBHOOK, POLL.replace("1s", "2d"), "bridge.events.new.poll: give 1s to 1d"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, given: str, instead: str, why: str
) -> None:
    said = events_refusal(tmp_path, given, instead)
    assert why in said
    assert "smsbridge.toml, line" in said


def test_a_block_without_the_tables_can_t_report(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its block has neither reported nor arrived"):
        read(tmp_path, events_text(backends=OLD + NEW))
    with pytest.raises(ConfigError, match="can answer neither status nor received over rest"):
        read(tmp_path, events_text(POLL, backends=OLD + NEW))


def test_a_config_without_events_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, config_text()).events == ()
