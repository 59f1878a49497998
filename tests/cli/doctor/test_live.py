"""Whether the WSDL at its address is the locked one: said in words, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge import Backend
from smsbridge.cli.doctor.finding import Finding
from smsbridge.cli.doctor.live import compare_live
from smsbridge.codecs.soap.lockfile import lock
from smsbridge.codecs.soap.wsdl_files import LOCK, Source
from smsbridge.config.load import from_mapping
from smsbridge.errors import SmsbridgeError
from smsbridge.http.exchange import Request, Response

from support.blocks import REST_SEND, rest
from support.vendor import WSDL, changed

ADDRESS = "https://sms.oldcorp.example/service?wsdl"
SUBMIT = {
    "operation": "SubmitShortMessage",
    "fields": {"request.destination": "{recipient|digits}", "request.body": "{text}"},
    "accepted": {"when": {"result.code": "0"}},
}


@pytest.fixture
def locked(nowhere: Path) -> Path:
    """Return a WSDL that was locked from its address, in a folder of where we stand."""
    source = Source(document=WSDL.encode(), address=ADDRESS)
    return lock(source, "oldcorp.wsdl", nowhere / "held").wsdl


def soap(wsdl: Path | str) -> Backend:
    return from_mapping({"backend": "soap", "wsdl": str(wsdl), "send": SUBMIT}, name="vendor")


def compare(backend: Backend, live: str | Exception = WSDL) -> Finding:
    """Return what is found where that is at the address."""

    def carry(request: Request) -> Response:
        assert (request.method, request.url) == ("GET", ADDRESS)
        assert request.body == b""
        if isinstance(live, Exception):
            raise live
        return Response(status=200, body=live.encode())

    return compare_live(backend, carry)


def never(_: Request) -> Response:
    pytest.fail("nothing is to be fetched")


def test_a_wsdl_that_is_as_it_was_is_well(locked: Path) -> None:
    found = compare(soap(locked))
    assert (found.name, found.well) == ("live", True)
    assert found.said == "the WSDL at its address is the one that was locked"


def test_a_wsdl_that_is_another_is_told_in_words_with_the_command_that_takes_it(
    locked: Path,
) -> None:
    before = locked.read_bytes()
    found = compare(soap(locked), changed(('"destination"', '"recipient"')))
    assert "request.destination was renamed to request.recipient" in found.said
    assert found.todo.endswith(f"smsbridge wsdl lock '{ADDRESS}' --to held --update")
    assert locked.read_bytes() == before


def test_what_can_t_be_compared_is_told_with_what_to_do(locked: Path) -> None:
    gone = SmsbridgeError(f"{ADDRESS}: HTTP 404")
    found = compare(soap(locked), gone)
    assert found.said == f"the WSDL can't be compared: {ADDRESS}: HTTP 404"
    assert not found.well
    found = compare(soap(locked), "<html/>")
    assert found.said.startswith("what is at its address can't be used: it is XML, but not a WSDL")
    assert not found.well


def test_an_import_is_fetched_only_from_the_same_host_or_an_address_that_was_locked(
    locked: Path,
) -> None:
    more = '<wsdl:import namespace="urn:x" location="https://evil.example/x.wsdl"/>'
    found = compare(soap(locked), changed(("<wsdl:types>", f"{more}<wsdl:types>")))
    assert "https://evil.example/x.wsdl" in found.said
    assert not found.well


def test_a_lock_that_names_no_whole_address_says_how_to_get_one(nowhere: Path) -> None:
    file = nowhere / "oldcorp.wsdl"
    file.write_text(WSDL)
    lines = [compare_live(soap(file), never)]
    lock(Source(document=WSDL.encode()), file.name, nowhere)
    lines.append(compare_live(soap(file), never))
    keyed = Source(document=WSDL.encode(), address=f"{ADDRESS}&key=canary")
    lock(keyed, file.name, nowhere, update=True)
    lines.append(compare_live(soap(file), never))
    assert [(one.said, one.todo) for one in lines] == [
        (f"there is no {LOCK} beside oldcorp.wsdl", "lock it: smsbridge wsdl lock URL --to ."),
        (
            f"{LOCK} has no address for oldcorp.wsdl",
            "lock it from its address: smsbridge wsdl lock URL --to . --update",
        ),
        (
            f"{LOCK} does not hold the whole address, as its query may be a key",
            "compare with the whole address: smsbridge wsdl lock URL --to .",
        ),
    ]


def test_where_there_is_no_lock_to_be_nothing_is_to_be_done() -> None:
    from smsbridge.backends.smsmobileapi import SMSMobileAPI

    shipped = SMSMobileAPI(protocol="soap", api_key="k")  # type: ignore[arg-type]  # text becomes a Secret
    for backend in (rest(REST_SEND), shipped, soap(ADDRESS)):
        found = compare_live(backend, never)
        assert found.said.startswith("nothing to compare: ")
        assert found.well
