"""``smsbridge new``: write the skeleton of a backend's package, which is Acme's by another name."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path

import click

from smsbridge.backends.registry import backend_names
from smsbridge.cli.group import Group
from smsbridge.cli.streams import put
from smsbridge.errors import ConfigError

_HELP = """Create the skeleton of something new.

\b
Examples:
  smsbridge new backend quay
"""
_BACKEND_HELP = """Create the package of a backend, NAME-sms, in this folder.

It has a table for REST and one for SOAP, a WSDL, fixtures and tests, and passes certify as it is.
Its addresses and answers are made up; replace them with your provider's.

\b
Examples:
  smsbridge new backend quay
"""
_NEXT = """{folder} is written, with made-up addresses and answers. Next:

  cd {folder}
  pip install -e '.[test]'
  pytest
  smsbridge certify {name}

Then replace them with your provider's: first in {package}/fixtures, then in
{package}/__init__.py. Certify it again after each step.
"""
_NAME = re.compile("[a-z][a-z0-9]{0,29}")  # as in the scheme of a URL


@click.group(cls=Group, help=_HELP)
def new() -> None:
    """Write something new."""


@new.command(help=_BACKEND_HELP, short_help="Create the package of a backend.")
@click.argument("name")
def backend(name: str) -> None:
    """Create the package of a backend."""
    _check_name(name)
    folder = Path(f"{name}-sms")
    if folder.exists():
        raise ConfigError(f"{folder} already exists: give another name, or move it")
    for path, text in skeleton(name).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    put(_NEXT.format(folder=folder, name=name, package=f"{name}_sms").rstrip())


def skeleton(name: str) -> dict[str, str]:
    """Return the files of a package by their path: those of Acme's, with another name."""
    text = files("smsbridge.cli").joinpath("skeleton.json").read_text(encoding="utf-8")
    return {
        _rename(path, name): _rename("\n".join(lines), name)
        for path, lines in json.loads(text).items()
    }


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or iskeyword(name):
        why = "give a name of a-z and 0-9 that begins with a letter and is not a Python keyword"
        raise ConfigError(f"{name!r}: {why}, such as quay")
    if name in backend_names():
        raise ConfigError(f"there is already a backend {name!r}: give another name")


def _rename(text: str, name: str) -> str:
    """Return a text of Acme's as that of another backend."""
    for form in (str.lower, str.capitalize, str.upper):
        text = text.replace(form("acme"), form(name))
    return text
