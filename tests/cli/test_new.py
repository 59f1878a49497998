"""`smsbridge new backend` writes Acme's package by another name, and nothing over anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.commands import run
from support.each import each
from support.skeletons import GATHERED, read_acme
from support.wheels import Machine


def test_the_gathered_text_is_that_of_acme() -> None:
    gathered = json.loads(GATHERED.read_text(encoding="utf-8"))
    assert gathered == read_acme(), "run .venv/bin/python tests/support/skeletons.py"


def test_it_writes_acme_by_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("new", "backend", "quay")
    assert (done.code, done.err) == (0, "")
    assert "smsbridge certify quay" in done.out
    folder = tmp_path / "quay-sms"
    written = {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert {"pyproject.toml", "quay_sms/quay.wsdl", "tests/test_quay.py"} <= written.keys()
    back = {"quay": "acme", "Quay": "Acme", "QUAY": "ACME"}
    for new, old in back.items():
        written = {p.replace(new, old): text.replace(new, old) for p, text in written.items()}
    assert written == {path: "\n".join(lines) for path, lines in read_acme().items()}


@each("name", ["Quay", "my-quay", "my_quay", "1quay", "class", "", "a/b", "..", "q" * 31])
def test_it_refuses_what_can_not_be_the_name_of_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("new", "backend", name)
    assert done.code == 2
    assert "give a name of a-z and 0-9 that begins with a letter" in done.err
    assert list(tmp_path.iterdir()) == []


@each("name", ["rest", "acme"])
def test_it_refuses_the_name_of_another_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("new", "backend", name)
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert f"there is already a backend {name!r}" in done.err


def test_it_writes_over_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / "quay-sms"
    kept.write_text("mine", encoding="utf-8")
    done = run("new", "backend", "quay")
    assert done.code == 2
    assert "quay-sms already exists" in done.err
    assert kept.read_text(encoding="utf-8") == "mine"


@pytest.mark.full
@pytest.mark.timeout(600)
def test_what_it_writes_is_installed_tested_and_certified_as_acme_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.install_smsbridge()
    assert "quay-sms is written" in machine.run("smsbridge", "new", "backend", "quay")
    for name, folder in (("acme", machine.copy_acme()), ("quay", machine.folder / "quay-sms")):
        machine.install(folder)
        for module in ("smsbridge", f"{name}_sms"):
            assert machine.home in Path(machine.where(module)).parents
        said = machine.run("pytest", "-q", "-p", "no:cacheprovider", cwd=folder / "tests")
        assert " passed" in said
        assert machine.run("smsbridge", "certify", name).endswith("verdict: pass\n")
        assert f"{name}, from {name}-sms" in machine.run("smsbridge", "backends")
