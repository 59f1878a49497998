"""What was compared, by version: Python, the server, and each package that a benchmark needs."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from benchmarks.peers import KINDS
from benchmarks.peers.cold import PROGRAMS
from benchmarks.servers import SERVERS


def read_versions(nginx: str) -> dict[str, str]:
    """Return the versions of all that is installed; ``nginx``: that of the target."""
    found = {"Python": platform.python_version(), "nginx": nginx, "smsbridge": version("smsbridge")}
    for package in sorted(set(_packages())):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    with suppress(ImportError):
        import pycurl

        found["libcurl"] = pycurl.version_info()[1]
    return found


def _packages() -> Iterator[str]:
    for kinds in KINDS.values():
        yield from (package for kind in kinds for package in kind.packages)
    for programs in PROGRAMS.values():
        yield from (package for program in programs for package in program.packages)
    yield from (package for server in SERVERS for package in server.packages)
