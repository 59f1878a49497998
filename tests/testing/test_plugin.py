"""In pytest: a mock provider for each test, which fails where a client swallowed a surprise."""

from __future__ import annotations

import subprocess
import sys
import threading
from importlib import import_module

import pytest

from support.tools import need_module

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


def ran(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(IMPORTS + source)
    return pytester.runpytest_inprocess("-q", "-p", "smsbridge.testing.plugin", *options)


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


def test_a_message_that_was_taken_twice_fails_the_test_at_its_end(
    pytester: pytest.Pytester,
) -> None:
    source = """
def test_it(smsbridge_mock):
    for _ in range(2):
        with Client() as client, pytest.raises(OutcomeUnknown):
            client.send("+447700900002", "Hello")
"""
    result = ran(pytester, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the mock provider: to +44*02*: it was sent again after*"])


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
    result = pytester.runpytest_inprocess("--fixtures", "-p", "no:asyncio")
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
    of_others = set(threading.enumerate())  # servers that other tests of this process share
    ran(pytester, source).assert_outcomes(passed=3)
    left = set(threading.enumerate()) - of_others
    assert not [one for one in left if "process_request" in one.name]


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


BLOCK = """
[backends.oldcorp]
backend = "rest"
url = "https://oldcorp.example"
auth = { type = "fields", key = { env = "OLDCORP_KEY" }, fields = { key = "{key}" } }

[backends.oldcorp.send]
route = "POST /sms"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { state = "ok" }, id = "id" }
"""


@pytest.fixture
def block(pytester: pytest.Pytester) -> None:
    (pytester.path / "smsbridge.toml").write_text(BLOCK, encoding="utf-8")


def test_the_marker_names_what_is_played(pytester: pytest.Pytester, block: None) -> None:
    source = """
EARLY = None

def early():
    global EARLY
    EARLY = EARLY or Client.from_config("oldcorp")
    return EARLY

@pytest.mark.smsbridge(backend="oldcorp")
@pytest.mark.parametrize("turn", [1, 2])
def test_a_block(smsbridge_mock, turn):
    with Client() as client:
        client.send(NUMBER, "One")
    early().send(NUMBER, "Two")
    smsbridge_mock.sent_to(NUMBER, "One")
    smsbridge_mock.sent_to(NUMBER, "Two")
    smsbridge_mock.nothing_else_sent()

@pytest.mark.smsbridge("parlayx")
def test_an_installed_one(smsbridge_mock):
    with Client(smsbridge_mock.backend) as client:
        assert client.send(NUMBER, "Hello").backend == "parlayx"

@pytest.mark.smsbridge(protocol="oauth")
def test_a_protocol(smsbridge_mock):
    with Client() as client:
        assert client.send(NUMBER, "Hello").protocol == "oauth"

@pytest.mark.smsbridge(backend="oldcorp")
class TestAll:
    def test_without_asking_for_the_fixture(self):
        with Client.from_config("oldcorp") as client:
            assert client.send(NUMBER, "Hello").backend == "oldcorp"
"""
    ran(pytester, source, "--strict-markers").assert_outcomes(passed=5)


def test_a_marker_that_names_nothing_is_an_error_of_the_test(
    pytester: pytest.Pytester, block: None
) -> None:
    source = """
@pytest.mark.smsbridge(backend="oldcrop")
def test_it():
    pass
"""
    result = ran(pytester, source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no [[]backends.oldcrop]; did you mean 'oldcorp'*"])


def test_a_request_to_another_backend_fails_the_test_even_if_it_was_swallowed(
    pytester: pytest.Pytester, block: None
) -> None:
    source = """
def test_it(smsbridge_mock):
    try:
        Client.from_config("oldcorp").send(NUMBER, "Hello")
    except Exception:
        pass
"""
    result = ran(pytester, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*no mock of this test plays oldcorp: its request to oldcorp.ex*"])


def test_a_mock_beside_the_first_ends_with_its_test(pytester: pytest.Pytester, block: None) -> None:
    source = """
def test_both(smsbridge_mock):
    oldcorp = smsbridge_mock.of("oldcorp")
    Client.from_config("oldcorp").send(NUMBER, "Hello")
    assert oldcorp.sent_to(NUMBER).text == "Hello"
    assert smsbridge_mock.messages == []

def test_one(smsbridge_mock):
    from smsbridge.testing import NoMock
    with pytest.raises(NoMock):
        Client.from_config("oldcorp").send(NUMBER, "Hello")
    smsbridge_mock.refused.clear()
"""
    ran(pytester, source).assert_outcomes(passed=2)


def test_an_environment_that_a_test_changes_itself_is_as_before(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMSBRIDGE_URL", raising=False)
    monkeypatch.setenv("SMSBRIDGE_CONFIG", "kept.toml")
    source = """
def test_one(monkeypatch, smsbridge_mock):
    monkeypatch.setenv("SMSBRIDGE_URL", "console://")
    monkeypatch.setenv("SMSBRIDGE_CONFIG", "another.toml")

def test_two():
    assert "SMSBRIDGE_URL" not in os.environ
    assert os.environ["SMSBRIDGE_CONFIG"] == "kept.toml"
"""
    ran(pytester, source).assert_outcomes(passed=2)


def test_a_case_of_unittest_is_marked_too(pytester: pytest.Pytester, block: None) -> None:
    source = """
import unittest
from smsbridge.testing import SmsbridgeMock

@pytest.mark.smsbridge(backend="oldcorp")
class TestMarked(unittest.TestCase):
    def test_it(self):
        with Client() as client:
            assert client.send(NUMBER, "Hello").backend == "oldcorp"

class TestContext(unittest.TestCase):
    def setUp(self):
        self.mock = self.enterContext(SmsbridgeMock("oldcorp"))

    def test_it(self):
        with Client() as client:
            client.send(NUMBER, "Hello")
        self.mock.sent_to(NUMBER)
"""
    ran(pytester, source).assert_outcomes(passed=2)


ASYNC = """
from smsbridge import AsyncClient

{marker}
async def test_it(smsbridge_mock):
    async with AsyncClient.from_mapping({{"backend": "smsmobileapi", "api_key": "KEY"}}) as client:
        await client.send(NUMBER, "Hello")
    smsbridge_mock.reply(smsbridge_mock.sent_to(NUMBER), "Yes")
    smsbridge_mock.nothing_else_sent()
"""


def test_a_test_of_anyio_uses_it(pytester: pytest.Pytester) -> None:
    source = (
        ASYNC.format(marker="@pytest.mark.anyio")
        + """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
    )
    need_module("anyio", "anyio")
    ran(pytester, source, "-p", "anyio.pytest_plugin").assert_outcomes(passed=1)


def test_a_test_of_pytest_asyncio_uses_it(pytester: pytest.Pytester) -> None:
    need_module("pytest_asyncio", "pytest-asyncio")
    source = ASYNC.format(marker="@pytest.mark.asyncio")
    scope = "asyncio_default_fixture_loop_scope=function"
    ran(pytester, source, "-p", "pytest_asyncio.plugin", "-o", scope).assert_outcomes(passed=1)


@pytest.mark.full
def test_each_worker_of_pytest_xdist_has_a_mock_of_its_own(pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.parametrize("turn", range(6))
def test_it(smsbridge_mock, turn):
    with Client() as client:
        client.send(NUMBER, f"Hello {turn}")
    assert smsbridge_mock.sent_to(NUMBER).text == f"Hello {turn}"
    smsbridge_mock.nothing_else_sent()
"""
    pytester.makepyfile(IMPORTS + source)
    plugins = ("-p", "smsbridge.testing.plugin", "-p", "xdist", "-n", "2")
    done = pytester.runpytest_subprocess("-q", *plugins, timeout=100)
    done.assert_outcomes(passed=6)
