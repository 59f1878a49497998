"""What a page shows of a lane is what the control URLs of the lane answer."""

from __future__ import annotations

import json

import pytest

from smsbridge.page.source import CannotShow, Wanted
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.lane_source import LaneSource
from smsbridge.testing.mock.provider import Provider

from support.mocking import NUMBER, ask, sending


@pytest.fixture
def mock() -> Provider:
    mock = Provider(sample_backend())
    for text in ("a", "b", "ab"):
        mock.handle(sending(text=text))
    return mock


def source(mock: Provider) -> LaneSource:
    return LaneSource(mock, tuple)


def test_the_newest_messages_come_first_and_so_do_requests(mock: Provider) -> None:
    found = source(mock).messages(Wanted(text="a"))
    assert [one["text"] for one in found] == ["ab", "a"]
    assert json.loads(json.dumps(found)) == ask(mock, "messages?text=a")[::-1]
    assert [one["text"] for one in source(mock).messages(Wanted(last=1))] == ["ab"]
    requests = source(mock).requests(2)
    assert [one["id"] for one in requests["requests"]] == ["3", "2"]
    assert requests["dropped"] == 0


def test_a_message_has_the_replies_of_its_recipient(mock: Provider) -> None:
    mock.receive(NUMBER, "Stop")
    mock.receive("+447700900123", "of another")
    found = source(mock).message(mock.messages[0].id)
    assert found["text"] == "a"
    assert [one["text"] for one in found["replies"]] == ["Stop"]


def test_what_a_control_url_refuses_is_not_shown(mock: Provider) -> None:
    shown = source(mock)
    with pytest.raises(CannotShow, match="regular expression") as bad:
        shown.messages(Wanted(text="("))
    with pytest.raises(CannotShow) as none:
        shown.message("none")
    with pytest.raises(CannotShow) as neither:
        shown.request("none")
    assert [one.value.status for one in (bad, none, neither)] == [400, 404, 404]


def test_a_lane_has_its_own_state_and_verdict(mock: Provider) -> None:
    other = source(mock.lanes.lane("b"))
    assert source(mock).lanes() == ["", "b"]
    assert (other.state()["lane"], other.state()["messages"]) == ("b", 0)
    assert (other.verdict()["lane"], source(mock).verdict()["messages"]) == ("b", 3)
    assert other.name() == "smsmobileapi"


def test_what_is_played_comes_with_what_could_be(mock: Provider) -> None:
    found = source(mock).scenario()
    assert found["scenario"] == "smsmobileapi/default"
    assert "smsmobileapi/send/accepted-rest" in found["playable"]["scenarios"]
    faults = found["playable"]["faults"]
    assert faults["too-many"]["kinds"][:2] == ["seconds", "date"]
    assert "connect-timeout" not in faults
