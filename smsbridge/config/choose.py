"""Which config file is read, and which of its blocks, where the caller names neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smsbridge.config.values import read_variable
from smsbridge.errors import ConfigError
from smsbridge.text.located import Located
from smsbridge.text.masking import public_name, public_variable

URL_VARIABLE = "SMSBRIDGE_URL"
FILE_VARIABLE = "SMSBRIDGE_CONFIG"
BLOCK_VARIABLE = "SMSBRIDGE_BACKEND"
DEFAULT_FILE = "smsbridge.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A block that was chosen: by which variable, and in which line of the file, if by any."""

    block: str
    variable: str = ""
    line: int = 0


def choose_file(
    given: Path | str | None, environ: Mapping[str, str], folder: Path, *, named: bool
) -> tuple[Path, str]:
    """Return the config file, and the variable that names it; raises `ConfigError` for none.

    A file that is ``given`` need not exist: reading it says why it can't be read. ``named``: the
    caller names a block, so that a URL would not do instead.
    """
    if given:
        return folder / given, ""
    variable = environ.get(FILE_VARIABLE, "")
    file = folder / (variable or DEFAULT_FILE)
    if _exists(file):
        return file, FILE_VARIABLE if variable else ""
    if variable:
        why = f"{FILE_VARIABLE} names {public_name(variable)}, but there is no such file"
        raise ConfigError(f"no config: {why}; correct it, or unset it")
    other = "" if named else f"set {URL_VARIABLE}, or "
    raise ConfigError(f"no config: {other}write {file.name} ({FILE_VARIABLE} names another)")


def choose_block(
    document: Located, blocks: Mapping[str, Located], environ: Mapping[str, str], file: str
) -> Choice:
    """Return the block of ``SMSBRIDGE_BACKEND``, else of ``default``, else the only one.

    ``file`` is the name of the file. Raises `ConfigError`.
    """
    if chosen := environ.get(BLOCK_VARIABLE):
        return Choice(block=chosen, variable=BLOCK_VARIABLE)
    line = document.lines.get("default", 0)
    where = f"{file}, line {line}" if line else file
    names = ", ".join(blocks)
    match document.get("default"):
        case str(chosen):
            return Choice(block=chosen, line=line)
        case None if len(blocks) == 1:
            return Choice(block=next(iter(blocks)))
        case {"env": str(given), **more} if not more:
            variable = public_variable(given)
            if chosen := read_variable(given, environ):
                return Choice(block=chosen, variable=variable, line=line)
            why = f"the environment variable {variable} is not set, or empty"
            raise ConfigError(f"{where}: default: {why}; set it to one of {names}")
        case None:
            raise ConfigError(
                f"{where}: set default to one of {names}, or name one with {BLOCK_VARIABLE}"
            )
    raise ConfigError(f'{where}: set default to one of {names}, or to {{ env = "NAME" }}')


def _exists(file: Path) -> bool:
    """Return whether a file exists, or access to it fails: reading it then says why."""
    try:
        return file.exists()
    except (OSError, ValueError):
        return True
