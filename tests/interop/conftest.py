"""The mock provider as its own process, and the tools that clients in other languages need."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from support.tools import missing, need

HERE = Path(__file__).parent
SMSBRIDGE = Path(sys.executable).with_name("smsbridge")
CLIENTS = HERE / "clients"
SECONDS = 60
RECIPIENT = "+12025550123"
TEXT = 'Crème brûlée à 5 € 😀 <&> "50%+1"'
_CONSTRUCTORS = re.compile(
    r"\bfunction (nusoap_(base|fault|xmlschema|server|parser|client)"
    r"|soapval|soap_transport_http|wsdl)\s*\("
)
_NODE_FOLDER = HERE.parents[1] / "build" / "interop-node"


def php(extension: str, script: str, *arguments: str | Path) -> str:
    """Return what a PHP script prints; what PHP has to say of its own goes to stderr."""
    need("php", "php-cli")
    if extension not in run("php", "-m").lower().split():
        missing(f"PHP's extension {extension}", f"apt-get install php-{extension}")
    return run("php", "-d", "display_errors=stderr", CLIENTS / script, *arguments)


def node(folder: Path | None, script: str, *arguments: str) -> str:
    """Return what a script prints that uses the npm packages in ``folder``."""
    need("node", "nodejs")
    packages = {"NODE_PATH": str(folder / "node_modules")} if folder else {}
    return run("node", CLIENTS / script, *arguments, env=packages)


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Return what a client prints; it must end with 0, and in time."""
    done = subprocess.run(
        command,
        env=direct(os.environ) | dict(env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout.strip()


def direct(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in UTF-8 that names no proxy."""
    kept = {name: value for name, value in environment.items() if not _is_proxy(name)}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _is_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy")


@dataclass(frozen=True)
class Mock:
    """A running ``smsbridge mock``, as its ready line describes it."""

    process: subprocess.Popen[str]
    ready: Mapping[str, Any]

    @property
    def address(self) -> str:
        return str(self.ready["address"])

    @property
    def control(self) -> str:
        return str(self.ready["control"])

    @property
    def wsdl(self) -> str:
        return f"{self.address}/sendsms/wsdl/sendsms.wsdl"

    def credential(self, name: str) -> str:
        return str(self.ready["credentials"][name])

    def messages(self) -> Any:
        """Return what was accepted: to whom, what, and how."""
        found = self.asked("GET", "messages")
        names = ("recipient", "text", "channels", "protocol")
        return [{name: one[name] for name in names} for one in found]

    def notes(self) -> Any:
        return self.asked("GET", "notes")

    def health(self) -> Any:
        return self.asked("GET", "health")

    def reset(self) -> Any:
        return self.asked("POST", "reset")

    def asked(self, method: str, what: str) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            with session.request(method, f"{self.control}/{what}", timeout=SECONDS) as answer:
                assert answer.status_code == 200
                return answer.json()


@contextmanager
def started(*options: str) -> Iterator[Mock]:
    """Run ``smsbridge mock`` until the block ends; then SIGTERM must end it with 0."""
    with subprocess.Popen(
        [SMSBRIDGE, "mock", "--port", "0", *options],
        env=direct(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        assert process.stdout
        line = process.stdout.readline()
        late.cancel()
        try:
            assert line, f"no ready line in {SECONDS} seconds"
            yield Mock(process, json.loads(line))
            process.terminate()
            said, complaint = process.communicate(timeout=SECONDS)
            assert (process.returncode, said, complaint) == (0, "", "")
        finally:
            process.kill()


def assert_arrived(
    mock: Mock, message_id: str, protocol: str, *channels: str, notes: set[str] | None = None
) -> None:
    """Exactly the one message arrived, its sender read the id, and ``notes`` were needed."""
    assert re.fullmatch("[0-9a-f]{40}", message_id)
    assert [one["id"] for one in mock.asked("GET", "messages")] == [message_id]
    assert mock.messages() == [
        {
            "recipient": RECIPIENT,
            "text": TEXT,
            "channels": list(channels or ("sms",)),
            "protocol": protocol,
        }
    ]
    assert mock.notes().keys() == (notes or set())


@pytest.fixture(scope="session")
def _running() -> Iterator[Mock]:
    with started() as mock:
        yield mock


@pytest.fixture
def mock(_running: Mock, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Return the running mock, which has forgotten every message, and is reached by no proxy."""
    for name in filter(_is_proxy, list(os.environ)):
        monkeypatch.delenv(name)
    _running.reset()
    return _running


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """Return a folder with the npm packages that node/package-lock.json pins."""
    need("node", "nodejs")
    need("npm", "npm")
    _NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    with (_NODE_FOLDER / "lock").open("wb") as lock:  # npm ci first removes what is there
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_packages()
    return _NODE_FOLDER


def _install_packages() -> None:
    """Install the npm packages, unless they are there."""
    wanted = (HERE / "node" / "package-lock.json").read_bytes()
    stamp = _NODE_FOLDER / "installed.json"
    if stamp.is_file() and stamp.read_bytes() == wanted:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "node" / name, _NODE_FOLDER)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=_NODE_FOLDER, capture_output=True, text=True, timeout=100, check=False
    )
    if done.returncode:
        missing("a package of tests/interop/node", f"npm ci fails: {done.stderr}")
    stamp.write_bytes(wanted)


@pytest.fixture
def nusoap(tmp_path: Path) -> Path:
    """Return a copy of NuSOAP whose nine constructors, named as in PHP 4, PHP 8 calls again."""
    need("php", "php-cli")
    original = Path("/usr/share/php/nusoap/nusoap.php")
    if not original.is_file():
        missing("NuSOAP", "apt-get install libnusoap-php")
    source, renamed = _CONSTRUCTORS.subn("function __construct(", original.read_text("latin-1"))
    assert renamed == 9
    copy = tmp_path / "nusoap.php"
    copy.write_text(source.replace("parent::nusoap_base(", "parent::__construct("), "latin-1")
    return copy
