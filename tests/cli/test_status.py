"""``smsbridge status``: one message, as the provider's log has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge import Status
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import one_line, run
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

GUID = "c319d3b35e8f8712cde20dae39ac3c19f86eda25"
KEYS = {
    "id",
    "recipient",
    "sender",
    "text",
    "status",
    "provider_status",
    "at",
    "error",
    "reference",
    "answer",
}


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_message_that_was_sent_is_a_row(smsbridge_mock: Provider, protocol: str) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    known = run("send", NUMBER, TEXT, "--url", url, "--json").document["id"]
    done = run("status", known, "--url", url)
    assert (done.code, done.err) == (0, "")
    head, row = done.out.splitlines()
    assert head.split() == ["at", "id", "recipient", "status", "error", "text"]
    assert row.split()[2:] == [known, NUMBER, "sent", "-", TEXT]


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_json_is_one_object_with_these_keys(smsbridge_mock: Provider, protocol: str) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    smsbridge_mock.history.take(GUID, NUMBER, TEXT, None)
    done = run("status", GUID, "--url", url, "--json")
    assert (done.code, done.err) == (0, "")
    document = done.document
    assert set(document) == KEYS
    found = (document["id"], document["recipient"], document["text"], document["status"])
    assert found == (GUID, NUMBER, TEXT, "sent")
    assert document["answer"]["guid"] == GUID


def test_a_message_that_failed_has_the_phone_s_words(smsbridge_mock: Provider) -> None:
    smsbridge_mock.history.take(GUID, NUMBER, TEXT, Status.REJECTED)
    done = run("status", GUID, "--json")
    assert done.code == 0, "a question that was answered"
    assert done.document["status"] == "rejected"
    assert done.document["error"]


def test_a_message_that_the_provider_does_not_know_is_unknown(smsbridge_mock: Provider) -> None:
    done = run("status", GUID, "--json")
    assert (done.code, done.document["id"], done.document["status"]) == (0, GUID, "unknown")


def test_over_soap_it_exits_2_and_names_the_protocols_that_can(smsbridge_mock: Provider) -> None:
    done = run("status", GUID, "--url", sample_url("soap", smsbridge_mock.address))
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert one_line(done.err)
    assert "soap can't answer status; rest and oauth can" in done.err


def test_wrong_credentials_exit_4(smsbridge_mock: Provider) -> None:
    url = sample_url("rest", smsbridge_mock.address).replace("test-key", "wr0ng-key")
    done = run("status", GUID, "--url", url)
    assert (done.code, done.out) == (4, "")
    assert one_line(done.err)
    assert "wr0ng" not in done.err


def test_nobody_there_exits_1_and_says_that_asking_again_does_no_harm() -> None:
    done = run("status", GUID, "--url", "smsmobileapi+rest://KEY@127.0.0.1:1?tls=off")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "Asking again is safe" in done.err


@pytest.mark.parametrize("arguments", [[], [""], ["  "], ["a\nb"], [GUID, "more"]])
def test_what_cannot_be_asked_exits_2(smsbridge_mock: Provider, arguments: list[str]) -> None:
    done = run("status", *arguments)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["status", "wait", "resend", "delete"])
def test_a_file_in_place_of_an_id_exits_2_and_names_the_command_that_reads_it(
    smsbridge_mock: Provider, command: str
) -> None:
    Path("may results.jsonl").write_text("{}\n")
    done = run(command, "may results.jsonl")
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert "smsbridge report 'may results.jsonl' --status" in done.err


def test_an_id_is_no_file_where_one_has_its_name_by_chance(smsbridge_mock: Provider) -> None:
    Path(GUID).write_text("")
    assert run("status", GUID).code == 0
