"""``pytest --smsbridge-mutants`` lists the tests that claim to cover a place and stay green."""

from __future__ import annotations

import pytest

HEAD = """
from smsbridge import Client

def send():
    with Client() as sms:
        sms.send("+12025550123", "Hello")
"""
TESTS = """
def test_exact(smsbridge_mock):
    send()
    assert smsbridge_mock.sent_to("+12025550123").text == "Hello"

def test_unpinned(smsbridge_mock):
    send()

def test_scenario(smsbridge_mock):
    smsbridge_mock.play("smsmobileapi/send/provider-error")
    try:
        send()
    except Exception:
        pass
"""
LAX = """
def test_lax(smsbridge_mock):
    send()
    assert smsbridge_mock.sent_to("+12025550123")
"""


def run(pytester: pytest.Pytester, text: str, *more: str) -> pytest.RunResult:
    pytester.makepyfile(text)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "--smsbridge-mutants", *more)


def test_a_suite_that_notices_everything_is_green(pytester: pytest.Pytester) -> None:
    done = run(pytester, HEAD + TESTS)
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["*test_exact: * mutants: * killed", "* let pass"])
    done.stdout.no_fnmatch_line("*test_unpinned: *")


def test_a_test_that_looks_at_a_message_and_not_at_its_text_is_listed(
    pytester: pytest.Pytester,
) -> None:
    done = run(pytester, HEAD + LAX)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*test_lax: *1 survived*", "*alter form.message: stays green*"])


def test_what_is_not_tried_in_time_fails(pytester: pytest.Pytester) -> None:
    done = run(pytester, HEAD + TESTS, "--smsbridge-mutants-seconds", "0")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*not tried in time*"])
