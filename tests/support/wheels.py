"""A machine on which wheels are installed, without a network: an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from support.skeletons import ACME, ROOT
from support.terminal import environment

SECONDS = 300
SOURCES = ("smsbridge", "wsdl", "pyproject.toml", "setup.cfg", "setup.py", "README.md", "LICENSE")
_IGNORED = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")


@dataclass(frozen=True)
class Machine:
    """An environment with smsbridge's dependencies, in which nothing of ours is installed."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "env"

    def install_smsbridge(self) -> None:
        """Make the environment, and install the wheel of this checkout in it."""
        venv.create(self.home, with_pip=False)
        (site,) = self.home.glob("lib/python*/site-packages")
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        source = self.folder / "source"
        source.mkdir()
        for name in SOURCES:
            copy(ROOT / name, source / name)
        self.install(source)

    def copy_acme(self) -> Path:
        """Return a copy of Acme's package, in which it can be built."""
        copy(ACME, self.folder / "acme-sms")
        return self.folder / "acme-sms"

    def install(self, package: Path) -> None:
        """Build the wheel of a package, and install it."""
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        wheels = self.folder / "wheels" / package.name
        offline = ["--no-index", "--no-deps"]
        build = [*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", str(wheels)]
        self._call([*build, str(package)])
        (wheel,) = wheels.glob("*.whl")
        python = str(self.home / "bin" / "python")
        self._call(
            [*pip, "--python", python, "install", "--ignore-installed", *offline, str(wheel)]
        )

    def where(self, module: str) -> str:
        """Return the file of a module of the environment."""
        return self.run("python", "-c", f"import {module}; print({module}.__file__)").strip()

    def run(self, command: str, *words: str, cwd: Path | None = None) -> str:
        """Return what a command of the environment prints; it must end well."""
        python = str(self.home / "bin" / "python")
        modules = {
            "python": [],
            "smsbridge": [str(self.home / "bin" / "smsbridge")],
            "pytest": ["-m", "pytest"],
        }
        return self._call([python, *modules[command], *words], cwd)

    def _call(self, command: list[str], cwd: Path | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_IGNORED)
    else:
        shutil.copy(source, target)
