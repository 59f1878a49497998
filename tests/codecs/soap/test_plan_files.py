"""A plan is read if it is whole and nobody else could have written it; else there is none."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from smsbridge.codecs.soap.plan_files import (
    can_write,
    plan_folder,
    plan_key,
    read_plan,
    write_plan,
)

from support.each import each

LINES = ["{}", '{"é": 1}']
KEY = plan_key(b"wsdl")
unix = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")


@each(
    ("environ", "folder"),
    [
        ({}, None),
        ({"HOME": "/home/me"}, "/home/me/.cache/smsbridge"),
        ({"HOME": ""}, None),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "/cache"}, "/cache/smsbridge"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "cache"}, "/home/me/.cache/smsbridge"),
        ({"HOME": "/home/me", "SMSBRIDGE_CACHE": "/mine"}, "/mine"),
        ({"HOME": "/home/me", "SMSBRIDGE_CACHE": ""}, None),
    ],
)
def test_the_folder_is_that_of_the_variable_or_of_the_user(
    environ: Mapping[str, str], folder: str | None
) -> None:
    assert plan_folder(environ) == (Path(folder) if folder else None)


def test_what_is_written_is_read_and_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert read_plan(folder, KEY) is None
    assert can_write(folder)
    write_plan(folder, KEY, LINES)
    assert read_plan(folder, KEY) == LINES
    assert read_plan(folder, plan_key(b"another")) is None
    (file,) = folder.iterdir()
    if os.name != "nt":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def alter(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))


def empty(file: Path) -> None:
    file.write_bytes(b"")


def swell(file: Path) -> None:
    file.write_bytes(b"x" * (4 * 1024 * 1024 + 1))


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def garble(file: Path) -> None:
    file.write_bytes(b"\xff" * 100)


@each("spoil", [cut, alter, empty, swell, make_folder, garble])
def test_a_broken_plan_is_none(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    write_plan(tmp_path, KEY, LINES)
    (file,) = tmp_path.iterdir()
    spoil(file)
    assert read_plan(tmp_path, KEY) is None


def let_others_write(file: Path) -> None:
    file.chmod(0o620)


def let_others_write_beside(file: Path) -> None:
    file.parent.chmod(0o702)


def make_link(file: Path) -> None:
    other = file.with_name("other")
    file.rename(other)
    file.symlink_to(other)


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def give_away(file: Path) -> None:
    os.chown(file, 65534, 65534)


def give_folder_away(file: Path) -> None:
    os.chown(file.parent, 65534, 65534)


FOREIGN = [let_others_write, let_others_write_beside, make_link, make_pipe]
IF_ROOT = [give_away, give_folder_away]


@unix
@each("spoil", lambda: [*FOREIGN, *(IF_ROOT if os.geteuid() == 0 else [])])
def test_what_somebody_else_could_have_written_is_none(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    write_plan(tmp_path, KEY, LINES)
    (file,) = tmp_path.iterdir()
    spoil(file)
    assert read_plan(tmp_path, KEY) is None


@unix
def test_a_folder_that_cant_be_made_or_that_others_write_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert not can_write(file / "below")
    assert not can_write(file)
    write_plan(file / "below", KEY, LINES)
    tmp_path.chmod(0o777)
    assert not can_write(tmp_path)


def test_as_many_plans_are_kept_as_there_is_room_for_and_the_oldest_go(tmp_path: Path) -> None:
    for number in range(70):
        write_plan(tmp_path, plan_key(b"%d" % number), LINES)
        newest = tmp_path / f"{plan_key(b'%d' % number)}.plan"
        os.utime(newest, (1_000_000_000 + number,) * 2)
    assert len([*tmp_path.iterdir()]) == 64
    assert read_plan(tmp_path, plan_key(b"69")) == LINES
    assert read_plan(tmp_path, plan_key(b"0")) is None


def test_a_plan_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    write_plan(tmp_path, KEY, ["x" * 5_000_000])
    assert [*tmp_path.iterdir()] == []


def test_a_key_tells_its_parts_apart() -> None:
    assert len({plan_key(b"a", b"b"), plan_key(b"ab"), plan_key(b"b", b"a")}) == 3
