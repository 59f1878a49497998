"""Commands and packages that some tests need, and that this machine may not have."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from typing import Any, NoReturn

import pytest

_SYSTEM = "/usr/sbin:/sbin"
"""Where Debian puts servers; it is not on the path of everybody."""


def missing(what: str, install: str) -> NoReturn:
    """Skip the test and say what to install; under CI nothing may be missing, so fail."""
    message = f"{what} is missing: {install}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def need(tool: str, package: str) -> str:
    """Return where a command is, else skip; ``package`` is Debian's name of what brings it."""
    found = shutil.which(tool, path=f"{os.environ.get('PATH', '')}:{_SYSTEM}")
    return found or missing(tool, f"apt-get install {package}")


def need_module(name: str, package: str) -> Any:
    """Return a module of a package of PyPI; without it skip, or fail in CI."""
    try:
        return import_module(name)
    except ImportError:
        missing(name, f"pip install {package}")
