"""Plans on disk: a process that sends with a WSDL seen before doesn't need zeep.

A plan is found by the hash of what it was made of: the WSDL, our code and the libraries. It is read
only if this user wrote it, no one else could, and it is complete; otherwise it is ignored.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "SMSBRIDGE_CACHE"
_LIBRARIES = ("zeep", "lxml")
_FORM = "smsbridge-plan-1"
_ENDING = ".plan"
_MOST_FILES = 64
_MOST_BYTES = 4 * 1024 * 1024
_DAY = 86_400
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def plan_folder(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return where plans are kept; None where they are not.

    >>> plan_folder({"SMSBRIDGE_CACHE": "/var/cache/app"})
    PosixPath('/var/cache/app')
    >>> plan_folder({"SMSBRIDGE_CACHE": ""})
    """
    given = environ.get(VARIABLE)
    if given is not None:
        return Path(given) if given else None
    for variable, below in (("XDG_CACHE_HOME", ()), ("HOME", (".cache",))):
        base = Path(environ.get(variable, ""))
        if base.is_absolute():
            return base.joinpath(*below, "smsbridge")
    return None


def read_plan(folder: Path, key: str) -> list[str] | None:
    """Return the lines of the plan of a key, or None."""
    try:
        if not _is_ours(folder.stat()):
            return None
        with open(folder / f"{key}{_ENDING}", "rb", opener=_open) as file:
            said = os.fstat(file.fileno())
            if not stat.S_ISREG(said.st_mode) or not _is_ours(said) or said.st_size > _MOST_BYTES:
                return None
            head, _, content = file.read(_MOST_BYTES + 1).partition(b"\n")
            if head.decode() != f"{_FORM} {hashlib.sha256(content).hexdigest()}":
                return None
            if time.time() - said.st_mtime > _DAY:
                with suppress(OSError):
                    os.utime(file.fileno())
            return content.decode().split("\n")
    except (OSError, ValueError):
        return None


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def write_plan(folder: Path, key: str, lines: list[str]) -> None:
    """Write the plan of a key, and remove the oldest ones; if that fails, there is none."""
    import tempfile

    content = "\n".join(lines).encode()
    whole = f"{_FORM} {hashlib.sha256(content).hexdigest()}\n".encode() + content
    if len(whole) > _MOST_BYTES:
        return
    with suppress(OSError):
        number, name = tempfile.mkstemp(prefix=".", suffix=_ENDING, dir=folder)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(whole)
            Path(name).replace(folder / f"{key}{_ENDING}")
        except OSError:
            Path(name).unlink()
            raise
        _remove_oldest(folder)


def can_write(folder: Path) -> bool:
    """Return whether this user alone may write into a folder, which is made if it isn't there."""
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _is_ours(folder.stat()) and os.access(folder, os.W_OK | os.X_OK)
    return False


def _is_ours(said: os.stat_result) -> bool:
    who = getattr(os, "geteuid", None)  # Windows keeps profiles apart by itself
    return who is None or (said.st_uid == who() and not said.st_mode & _OTHERS_MAY_WRITE)


def _remove_oldest(folder: Path) -> None:
    found = [(one.stat().st_mtime, one) for one in folder.glob(f"*{_ENDING}")]
    for _, one in sorted(found, reverse=True)[_MOST_FILES:]:
        one.unlink(missing_ok=True)


def plan_key(*parts: bytes) -> str:
    """Return the key of what was made of some parts by this code and these libraries."""
    return _hash(_versions(), *parts)


@cache
def _versions() -> bytes:
    """Return what the code and the libraries are, by what is in their files."""
    own = sorted(Path(__file__).parent.glob("*.py"))
    told = [one.read_bytes() for one in own]
    for name in _LIBRARIES:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            file = Path(spec.origin)
            told.append(file.read_bytes())
            told += sorted(one.name.encode() for one in file.parents[1].glob(f"{name}-*"))
    return _hash(*told).encode()


def _hash(*parts: bytes) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(b"%d:" % len(part))
        made.update(part)
    return made.hexdigest()
