"""The files of a WSDL: what ships, what its lock brings, and nothing else."""

from __future__ import annotations

import json
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import pytest

from smsbridge.codecs.soap.documents import MissingDocument
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import (
    LOCK,
    BadLock,
    LockMismatch,
    Source,
    read_bundled,
    read_source,
    same_host,
    sha256,
)
from smsbridge.codecs.soap.xml import REQUEST, parse_xml

from support.each import each
from support.wsdls import IMPORTED, SENDSMS, changed, importing

pytestmark = pytest.mark.usefixtures("no_network")

WSDL = importing("below/other.xsd")
FROM = "https://sms.example/v1/send.wsdl"


@each(
    "package_file",
    ["smsbridge.wsdl:soapenc.xsd", "smsbridge.wsdl:sendsms.wsdl", "smsbridge.wsdl:xml.xsd"],
)
def test_what_is_bundled_is_well_formed_and_ships(package_file: str) -> None:
    package, _, name = package_file.partition(":")
    assert parse_xml(read_bundled(package_file)[0], REQUEST) is not None
    assert resources(package).joinpath(name).is_file()


def test_a_module_has_its_files_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "lone_module.py").write_text("")
    (tmp_path / "own.wsdl").write_text("<a/>")
    assert read_bundled("lone_module:own.wsdl") == (b"<a/>", tmp_path)


@each("resource", ["smsbridge.wsdl:none.wsdl", "nothing_there:a.wsdl", "a.wsdl", ":a"])
def test_what_is_not_bundled_is_said_with_the_form_it_has(resource: str) -> None:
    with pytest.raises(BadWSDL, match=f"'{resource}' can't be read: .*; give package:file"):
        read_bundled(resource)


# Beside it


def test_sources_are_told_apart_by_all_that_they_are() -> None:
    was = Source(document=b"<a/>", address="https://a/", others={"https://a/b": b"<b/>"})
    same = Source(document=b"<a/>", address="https://a/", others={"https://a/b": b"<b/>"})
    others = (
        Source(document=b"<b/>", address="https://a/", others={"https://a/b": b"<b/>"}),
        Source(document=b"<a/>", address="https://b/", others={"https://a/b": b"<b/>"}),
        Source(document=b"<a/>", address="https://a/", others={"https://a/b": b"<c/>"}),
        Source(document=b"<a/>", address="https://a/", folder=Path()),
    )
    assert (was == same, hash(was) == hash(same)) == (True, True)
    assert [was == other for other in others] == [False] * 4


@each(
    ("other", "same"),
    [
        ("https://sms.example/b", True),
        ("https://sms.example", True),
        ("http://sms.example/a", False),
        ("https://sms.example:8443/a", False),
        ("https://sms.example.evil.example/a", False),
        ("https://evil.example/sms.example", False),
        ("https://u@sms.example/a", False),
        ("file:///a", False),
        ("a", False),
    ],
)
def test_one_host_is_one_scheme_one_name_and_one_port(other: str, *, same: bool) -> None:
    assert same_host("https://sms.example/a", other) is same


def locked(folder: Path, **more: Any) -> Path:
    """Write a WSDL that was at an address, and a schema that it imports from there."""
    path = folder / "send.wsdl"
    (folder / "1.xsd").write_text(IMPORTED)
    path.write_bytes(WSDL)
    lock = {
        "wsdl": "send.wsdl",
        "files": {
            "send.wsdl": {"from": FROM, "sha256": sha256(WSDL)},
            "1.xsd": {
                "from": "https://sms.example/v1/below/other.xsd",
                "sha256": sha256(IMPORTED.encode()),
            },
        },
        **more,
    }
    (folder / LOCK).write_text(json.dumps(lock))
    return path


def test_a_file_without_a_lock_may_import_what_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "send.wsdl").write_bytes(SENDSMS)
    source = read_source(tmp_path / "send.wsdl")
    assert source == Source(document=SENDSMS, folder=tmp_path)


def test_a_locked_wsdl_imports_by_address_what_its_lock_has(tmp_path: Path) -> None:
    source = read_source(locked(tmp_path))
    assert (source.document, source.address, source.folder) == (WSDL, FROM, None)
    assert source.others == {
        FROM: WSDL,
        "https://sms.example/v1/below/other.xsd": IMPORTED.encode(),
    }
    assert load_port(source).operations["sendSms"].action == "urn:sendsms#sendSms"


def test_a_locked_wsdl_imports_nothing_else_that_is_beside_it(tmp_path: Path) -> None:
    path = locked(tmp_path)
    (tmp_path / "beside.xsd").write_text(IMPORTED)
    document = changed(WSDL, ("below/other.xsd", "beside.xsd"))
    path.write_bytes(document)
    files = {"send.wsdl": {"from": FROM, "sha256": sha256(document)}}
    (tmp_path / LOCK).write_text(json.dumps({"wsdl": "send.wsdl", "files": files}))
    with pytest.raises(MissingDocument, match=r"https://sms\.example/v1/beside\.xsd"):
        load_port(read_source(path))


def test_a_lock_of_files_of_ours_goes_by_their_names(tmp_path: Path) -> None:
    path = locked(tmp_path)
    names = {"send.wsdl": "send.wsdl", "1.xsd": "below/other.xsd"}
    files = {
        name: {"from": known, "sha256": sha256((tmp_path / name).read_bytes())}
        for name, known in names.items()
    }
    (tmp_path / LOCK).write_text(json.dumps({"wsdl": "send.wsdl", "files": files}))
    assert load_port(read_source(path)).operations


def test_the_lock_of_another_wsdl_is_none(tmp_path: Path) -> None:
    locked(tmp_path)
    (tmp_path / "other.wsdl").write_bytes(SENDSMS)
    assert read_source(tmp_path / "other.wsdl").folder == tmp_path


@each("name", ["send.wsdl", "1.xsd"])
def test_a_locked_file_that_was_changed_is_told_by_name(tmp_path: Path, name: str) -> None:
    path = locked(tmp_path)
    file = tmp_path / name
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(LockMismatch) as altered:
        read_source(path)
    assert str(altered.value) == f"{name}: changed since wsdl.lock was written"
    assert altered.value.locked["wsdl"] == "send.wsdl"
    assert altered.value.source.address == FROM
    assert altered.value.source.document == path.read_bytes()


def test_a_locked_file_that_is_gone_is_told_by_name(tmp_path: Path) -> None:
    path = locked(tmp_path)
    (tmp_path / "1.xsd").unlink()
    path.write_bytes(SENDSMS)
    with pytest.raises(LockMismatch) as altered:
        read_source(path)
    assert str(altered.value) == "send.wsdl, 1.xsd (gone): changed since wsdl.lock was written"


@each(
    "lock",
    [
        "",
        "{",
        "[]",
        "null",
        '"send.wsdl"',
        '{"wsdl": "send.wsdl"}',
        '{"wsdl": "send.wsdl", "files": []}',
        '{"wsdl": "send.wsdl", "files": {}}',
        '{"wsdl": "send.wsdl", "files": {"send.wsdl": {}}}',
        '{"wsdl": "send.wsdl", "files": {"send.wsdl": "x"}}',
        '{"wsdl": "send.wsdl", "files": {"send.wsdl": {"sha256": "x"}}}',
        "\ufeff{}",
        "\xff",
        '{"wsdl":' + "[" * 100_000,
    ],
)
def test_a_damaged_lock_says_what_to_do(tmp_path: Path, lock: str) -> None:
    path = locked(tmp_path)
    (tmp_path / LOCK).write_bytes(lock.encode("latin-1" if lock == "\xff" else "utf-8"))
    with pytest.raises(BadLock) as refused:
        read_source(path)
    assert str(refused.value) == (
        "wsdl.lock beside send.wsdl is damaged: smsbridge wsdl lock --update writes a new one"
    )


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadWSDL, match=r"^can't read absent\.wsdl: No such file or directory$"):
        read_source(tmp_path / "absent.wsdl")


def test_a_pin_is_of_the_bytes() -> None:
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@each("name", ["../send.xsd", "/etc/hostname"])
def test_a_lock_that_names_a_file_outside_of_its_folder_is_damaged(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "vendor"
    folder.mkdir()
    (folder / "send.wsdl").write_text("<x/>")
    files = {"send.wsdl": {"from": "send.wsdl", "sha256": ""}, name: {"from": "", "sha256": ""}}
    (folder / LOCK).write_text(json.dumps({"wsdl": "send.wsdl", "files": files}))
    with pytest.raises(BadWSDL, match="outside its folder"):
        read_source(folder / "send.wsdl")
