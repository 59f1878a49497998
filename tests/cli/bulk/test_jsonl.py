"""A file of lines is cut where it was torn, unchanged where it can't be written, and private."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from smsbridge.cli.bulk.jsonl import Lines, encode, rewrite
from smsbridge.errors import CallerError

ONE, TWO = {"index": 0}, {"index": 1, "text": "é\n"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.jsonl"


def test_what_is_appended_is_read(path: Path) -> None:
    lines = Lines(path, create=True)
    lines.append([ONE])
    lines.append([TWO], sync=True)
    lines.append([])
    assert list(lines.read()) == [ONE, TWO]
    lines.close()
    assert path.read_bytes() == encode(ONE) + encode(TWO)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_torn_line_is_cut_at_every_place(path: Path) -> None:
    whole = encode(ONE) + encode(TWO)
    for cut in range(len(encode(ONE)), len(whole)):
        path.write_bytes(whole[:cut])
        lines = Lines(path)
        assert list(lines.read()) == [ONE]
        lines.append([TWO])
        lines.close()
        assert path.read_bytes() == whole


def test_zeros_that_a_power_cut_left_are_cut(path: Path) -> None:
    path.write_bytes(encode(ONE) + b"\0" * 512)
    lines = Lines(path)
    assert list(lines.read()) == [ONE]
    lines.close()


@pytest.mark.parametrize("odd", [b"{}x\n", b"[]\n", b"\n", b"\xff\n", b"[" * 100_000 + b"\n"])
def test_a_whole_line_that_is_no_object_is_refused(path: Path, odd: bytes) -> None:
    path.write_bytes(encode(ONE) + odd)
    lines = Lines(path)
    with pytest.raises(CallerError, match="line 2"):
        list(lines.read())
    lines.close()


def test_a_file_that_is_absent_or_cannot_be_opened_is_refused(path: Path) -> None:
    with pytest.raises(CallerError, match=r"^can't read .*\.jsonl: No such file"):
        Lines(path)
    with pytest.raises(CallerError, match=r"^can't write .*in no folder: No such file"):
        Lines(path / "in no folder", create=True)
    with pytest.raises(CallerError, match=r"^can't write .*: Is a directory"):
        Lines(path.parent, create=True)


def test_only_one_holds_a_file(path: Path) -> None:
    first = Lines(path, create=True).lock()
    with pytest.raises(CallerError, match="in use"):
        Lines(path).lock()
    first.close()
    Lines(path).lock().close()


@pytest.mark.parametrize("broken", ["write", "fsync"])
def test_what_the_disk_refuses_leaves_no_part_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    lines = Lines(path, create=True)
    lines.append([ONE])
    write = os.write

    def full(file: int, data: bytes = b"") -> int:
        if data:
            write(file, data[:5])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, broken, full)
        with pytest.raises(OSError, match="No space left") as caught:
            lines.append([TWO], sync=True)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == encode(ONE)
    lines.append([TWO])
    assert list(lines.read()) == [ONE, TWO]
    lines.close()


def test_lines_are_left_out_all_at_once(path: Path) -> None:
    path.write_bytes(encode(ONE) + encode(TWO))
    path.with_name("file.jsonl.new").write_bytes(b"of a run that died")
    rewrite(path, lambda line: line["index"] == 1)
    assert path.read_bytes() == encode(TWO)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_stays_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(encode(ONE))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        rewrite(path, lambda _: False)
    assert path.read_bytes() == encode(ONE)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_not_a_regular_file_is_refused_and_never_waited_for(path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    for create in (True, False):
        with pytest.raises(CallerError, match=r"file\.jsonl is not a regular file"):
            Lines(path, create=create)
