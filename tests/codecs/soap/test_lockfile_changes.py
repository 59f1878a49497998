"""The WSDL of a file that was locked: as it was locked, or refused with what changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.lockfile import changes, lock, read_wsdl
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import LOCK, Source

from support.corpus import CONTRACTS
from support.each import each
from support.vendor import WSDL, changed

PRIORITY = '<xsd:enumeration value="high"/>'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of a WSDL that was locked."""
    lock(Source(document=WSDL.encode()), "oldcorp.wsdl", tmp_path)
    return tmp_path / "oldcorp.wsdl"


def refusal(file: Path) -> str:
    with pytest.raises(BadWSDL) as refused:
        read_wsdl(file)
    return str(refused.value)


def test_a_file_as_it_was_locked_is_taken(file: Path) -> None:
    assert read_wsdl(file).document == WSDL.encode()


def test_a_file_without_a_lock_is_taken_with_what_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "oldcorp.wsdl").write_text(WSDL)
    assert read_wsdl(tmp_path / "oldcorp.wsdl").folder == tmp_path


def test_a_file_that_was_edited_is_refused_with_what_changed_and_what_to_do(file: Path) -> None:
    file.write_text(changed(('"destination"', '"recipient"'), (PRIORITY, "")))
    assert refusal(file) == (
        "oldcorp.wsdl: changed since wsdl.lock was written: "
        "SubmitShortMessage, input: request.destination was renamed to request.recipient; "
        "SubmitShortMessage, input: request.priority was low | normal | high, optional, "
        "is low | normal, optional: narrowed. "
        "Restore it, or accept the change with smsbridge wsdl lock --update"
    )


def test_an_edit_that_changes_no_part_is_refused_too(file: Path) -> None:
    file.write_text(f"{WSDL}<!-- reviewed -->")
    assert "no operation or part changed; the difference is elsewhere in the documents" in refusal(
        file
    )


def test_an_edit_that_makes_no_wsdl_of_it_says_so(file: Path) -> None:
    file.write_text(WSDL[:-20])
    assert "the WSDL can no longer be used: the WSDL: the document is not well-formed XML" in (
        refusal(file)
    )


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """Return the WSDL of several files that were locked."""
    for name in ("schema-files.wsdl", "schemas"):
        source = CONTRACTS / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    found = Source(document=(tmp_path / "schema-files.wsdl").read_bytes(), folder=tmp_path)
    lock(found, "schema-files.wsdl", tmp_path)
    return tmp_path / "schema-files.wsdl"


def test_an_imported_file_that_was_edited_is_named_with_what_changed(several: Path) -> None:
    schema = several.parent / "schemas" / "basic" / "digits.xsd"
    schema.write_text(schema.read_text().replace("{5,15}", "{5,9}"))
    said = refusal(several)
    assert said.startswith("schemas/basic/digits.xsd: changed since wsdl.lock was written: ")
    assert "message.to.number was string (pattern [0-9]{5,15}), required" in said


def test_an_imported_file_that_is_gone_is_named(several: Path) -> None:
    (several.parent / "schemas" / "address.xsd").unlink()
    said = refusal(several)
    assert said.startswith("schemas/address.xsd (gone): changed since wsdl.lock was written: ")
    assert "the WSDL can no longer be used: it imports schemas/address.xsd" in said


def test_a_file_beside_it_that_is_not_locked_is_not_taken(several: Path) -> None:
    held = several.parent / LOCK
    lock_file = json.loads(held.read_text())
    del lock_file["files"]["schemas/address.xsd"]
    held.write_text(json.dumps(lock_file))
    with pytest.raises(BadWSDL, match=r"it imports schemas/address\.xsd"):
        load_ports(read_wsdl(several))


@each("held", [{}, {"contract": 7}, {"contract": {"MessagingPort": {}}}])
def test_a_lock_that_says_nothing_of_the_contract_says_that(held: dict[str, object]) -> None:
    source = Source(document=WSDL.encode())
    assert changes(held, source) == ["wsdl.lock doesn't say what it was before"]
