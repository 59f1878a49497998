"""In pytest: a mock provider for each test, which fails where a client swallowed a surprise."""

from __future__ import annotations

import subprocess
import sys
import threading
from importlib import import_module

import pytest

for heavy in ("testing.mock.server", "testing.mock.default", "http.requests_transport"):
    import_module(f"smsbridge.{heavy}")  # else each run below would import them anew
for kept in ("zeep", "smsbridge.testing.mock.provider"):
    import_module(kept)  # else what comes after would meet two of each of their classes


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load no plug-in but ours, by its name: the others take a second for each run."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


IMPORTS = """
import os
import pytest
from smsbridge import Client, OutcomeUnknown, Rejected, SendError

NUMBER = "+12025550123"
"""


def ran(pytester: pytest.Pytester, source: str) -> pytest.RunResult:
    pytester.makepyfile(IMPORTS + source)
    return pytester.runpytest_inprocess("-q", "-p", "smsbridge.testing.plugin")


def test_a_client_without_any_argument_just_works(pytester: pytest.Pytester) -> None:
    source = """
def test_it(smsbridge_mock):
    with Client() as client:
        submission = client.send(NUMBER, "Hello")
    assert submission.id == smsbridge_mock.scenario.minted["id"]
    assert [(m.recipient, m.text) for m in smsbridge_mock.messages] == [(NUMBER, "Hello")]
"""
    ran(pytester, source).assert_outcomes(passed=1)


def test_the_environment_is_as_before_without_the_fixture(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", "console://")
    source = """
def test_with(smsbridge_mock):
    assert os.environ["SMSBRIDGE_URL"].startswith("smsmobileapi+rest://test-key@127.0.0.1:")

def test_without():
    assert os.environ["SMSBRIDGE_URL"] == "console://"
"""
    ran(pytester, source).assert_outcomes(passed=2)


def test_play_chooses_a_scenario(pytester: pytest.Pytester) -> None:
    source = """
def test_it(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/provider-error")
    with Client() as client, pytest.raises(Rejected) as caught:
        client.send(NUMBER, "Hello")
    assert caught.value.code == "subscription_expire"
    assert smsbridge_mock.messages == []
"""
    ran(pytester, source).assert_outcomes(passed=1)


def test_a_fault_of_a_scenario_happens_on_the_wire(pytester: pytest.Pytester) -> None:
    source = """
def test_it(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/reset-after-request")
    with Client() as client, pytest.raises(OutcomeUnknown):
        client.send(NUMBER, "Hello")
    assert len(smsbridge_mock.messages) == 1
"""
    ran(pytester, source).assert_outcomes(passed=1)


def test_a_miss_that_the_client_swallowed_fails_the_test_at_its_end(
    pytester: pytest.Pytester,
) -> None:
    source = """
def test_it(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/accepted-rest")
    with Client() as client:
        client.send(NUMBER, "Hello")
        try:
            client.send(NUMBER, "Hi")
        except SendError:
            pass
"""
    result = ran(pytester, source)
    result.assert_outcomes(passed=1, errors=1)
    nearest = "nearest is send: form.message is not 'Hello'"
    result.stdout.fnmatch_lines([f"*the mock provider: POST /sendsms/ matches nothing; {nearest}*"])
    result.stdout.no_fnmatch_line("*send was never played*")
    result.stdout.no_fnmatch_line("*test-key*matches nothing*")


def test_an_interaction_that_was_never_played_fails_the_test_at_its_end(
    pytester: pytest.Pytester,
) -> None:
    source = """
def test_it(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/accepted-rest")
"""
    result = ran(pytester, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the mock provider: send was never played*"])


def test_every_surprise_is_told(pytester: pytest.Pytester) -> None:
    source = """
def test_it(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/accepted-rest")
    for text in ("One", "Two"):
        with Client() as client, pytest.raises(OutcomeUnknown):
            client.send(NUMBER, text)
"""
    result = ran(pytester, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*matches nothing*; POST*matches nothing*; send was never played*"]
    )


def test_an_optional_interaction_need_not_be_played(pytester: pytest.Pytester) -> None:
    source = """
def test_it(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/reset-after-request")
    with Client() as client, pytest.raises(OutcomeUnknown):
        client.send(NUMBER, "Hello")
"""
    ran(pytester, source).assert_outcomes(passed=1)


def test_a_test_that_asks_for_nothing_fails_for_nothing(pytester: pytest.Pytester) -> None:
    ran(pytester, "\ndef test_it(smsbridge_mock):\n    pass\n").assert_outcomes(passed=1)


def test_each_test_begins_with_a_clean_state_and_one_server(pytester: pytest.Pytester) -> None:
    source = """
SEEN = []

@pytest.mark.parametrize("turn", [1, 2, 3])
def test_it(smsbridge_mock, turn):
    assert smsbridge_mock.messages == []
    assert smsbridge_mock.requests == []
    assert smsbridge_mock.misses == []
    assert not smsbridge_mock.notes
    assert smsbridge_mock.scenario.fixture.id == "smsmobileapi/default"
    SEEN.append(smsbridge_mock.address)
    assert len(set(SEEN)) == 1
    with Client() as client:
        client.send(NUMBER, "Hello")
    if turn == 1:
        smsbridge_mock.play("smsmobileapi/send/provider-error")
        with Client() as client, pytest.raises(Rejected):
            client.send(NUMBER, "Hello")
"""
    ran(pytester, source).assert_outcomes(passed=3)


def test_a_test_that_failed_leaves_nothing_to_the_next_one(pytester: pytest.Pytester) -> None:
    source = """
def test_one(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/accepted-rest")
    with Client() as client, pytest.raises(OutcomeUnknown):
        client.send(NUMBER, "Hi")
    raise AssertionError

def test_two(smsbridge_mock):
    with Client() as client:
        client.send(NUMBER, "Hello")
    assert len(smsbridge_mock.messages) == 1
"""
    ran(pytester, source).assert_outcomes(failed=1, passed=1, errors=1)


def test_the_plug_in_opens_nothing_for_tests_that_do_not_ask_for_it(
    pytester: pytest.Pytester,
) -> None:
    source = """
import sys
import threading

def test_it():
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if "thread_target" in name]
    assert "SMSBRIDGE_URL" not in os.environ
"""
    pytester.makepyfile(IMPORTS + source)
    done = pytester.runpytest_subprocess("-q", "-p", "smsbridge.testing.plugin", timeout=60)
    done.assert_outcomes(passed=1)  # in a process of its own: here other servers may be open


def test_the_plug_in_is_loaded_where_smsbridge_is_installed_and_says_what_it_brings(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    result = pytester.runpytest_inprocess("--fixtures")
    result.stdout.fnmatch_lines(["*smsbridge_mock*", "*Return the provider*"])


def test_to_load_the_plug_in_brings_in_nothing_heavy() -> None:
    heavy = ["yaml", "werkzeug", "pytest_httpserver", "requests", "zeep", "lxml", "aiohttp"]
    script = "import smsbridge.testing.plugin, sys; print(set(sys.argv) & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script, *heavy],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "set()"


def test_what_is_still_sent_when_a_test_ends_neither_holds_nor_breaks_anything(
    pytester: pytest.Pytester,
) -> None:
    source = """
import threading

OVER = threading.Event()
THREADS = []

def going_on(url):
    with Client.from_url(url) as client:
        while not OVER.is_set():
            try:
                client.send(NUMBER, "Hello")
            except SendError:
                pass

@pytest.fixture(scope="session", autouse=True)
def ends():
    yield
    OVER.set()
    for thread in THREADS:
        thread.join()

@pytest.mark.parametrize("turn", [1, 2, 3])
def test_it(smsbridge_mock, turn):
    url = os.environ["SMSBRIDGE_URL"]
    THREADS.append(threading.Thread(target=going_on, args=[url]))
    THREADS[-1].start()
    with Client() as client:
        client.send(NUMBER, "Hello")
    assert smsbridge_mock.messages
"""
    ran(pytester, source).assert_outcomes(passed=3)
    assert not [one for one in threading.enumerate() if "process_request" in one.name]


def test_two_sessions_at_once_have_a_server_each(pytester: pytest.Pytester) -> None:
    source = """
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

def test_it(smsbridge_mock):
    port = int(smsbridge_mock.address.rpartition(":")[2])
    with pytest.raises(OSError):
        MockServer(Provider(sample_backend()), port=port).start()
    with MockServer(Provider(sample_backend())) as another:
        assert another.port != port
    with Client() as client:
        client.send(NUMBER, "Hello")
    assert len(smsbridge_mock.messages) == 1
"""
    ran(pytester, source).assert_outcomes(passed=1)
