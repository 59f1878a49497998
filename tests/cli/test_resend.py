"""``smsbridge resend``: a message that failed, sent again by the provider, once."""

from __future__ import annotations

import pytest

from smsbridge import Status
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import one_line, run
from support.fault_server import FaultServer, answer
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

GUID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
ATTEMPT = {"backend", "protocol", "reference", "started", "fingerprint"}


@pytest.fixture
def failed(smsbridge_mock: Provider) -> Provider:
    """Return a provider with one message that was refused."""
    smsbridge_mock.history.take(GUID, NUMBER, TEXT, Status.REJECTED)
    return smsbridge_mock


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_message_that_failed_goes_again_once(failed: Provider, protocol: str) -> None:
    done = run("resend", GUID, "--url", sample_url(protocol, failed.address))
    assert (done.code, done.out) == (0, f"accepted  id {GUID}  status accepted\n")
    assert done.err == f"smsmobileapi over {protocol}\n"
    assert [entry.status for entry in failed.history.sent] == [None], "it was rejected before"


def test_json_has_the_keys_of_a_send(failed: Provider) -> None:
    done = run("resend", GUID, "--json")
    assert (done.code, done.err) == (0, "")
    assert set(done.document) == {"outcome", "id", "status", "provider_status"} | ATTEMPT
    assert (done.document["outcome"], done.document["id"]) == ("accepted", GUID)


def test_a_message_that_did_not_fail_is_rejected(smsbridge_mock: Provider) -> None:
    smsbridge_mock.history.take(GUID, NUMBER, TEXT, None)
    done = run("resend", GUID, "--json")
    assert done.code == 6
    assert one_line(done.err)
    assert set(done.document) == {"outcome", "id", "error", "reason", "code"} | ATTEMPT
    assert done.document["outcome"] == "rejected"


def test_without_json_a_refusal_leaves_stdout_empty(smsbridge_mock: Provider) -> None:
    done = run("resend", GUID)
    assert (done.code, done.out) == (6, "")
    assert one_line(done.err)


def test_an_unknown_end_exits_3_and_nothing_is_repeated() -> None:
    with FaultServer([answer(500, "{}"), answer(200, '{"result": {"error": 0}}')]) as server:
        done = run("resend", GUID, "--url", sample_url("rest", server.url), "--json")
        assert len(server.sends) == 1
    assert (done.code, done.document["outcome"]) == (3, "unknown")
    assert one_line(done.err)


def test_over_soap_it_exits_2_and_names_the_protocols_that_can(failed: Provider) -> None:
    done = run("resend", GUID, "--url", sample_url("soap", failed.address))
    assert (done.code, done.out, failed.requests) == (2, "", [])
    assert one_line(done.err)
    assert "soap can't resend; rest and oauth can" in done.err


@pytest.mark.parametrize("arguments", [[], [""], ["  "], [GUID, "more"], [GUID, "--yes"]])
def test_what_cannot_be_resent_exits_2(failed: Provider, arguments: list[str]) -> None:
    done = run("resend", *arguments)
    assert (done.code, done.out, failed.requests) == (2, "", [])
    assert "Traceback" not in done.err
