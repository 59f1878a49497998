"""Real proxies, each an ordinary process on loopback, with a config of its own in a folder.

The configs are Debian's stock ones as near as can be: what differs is the port, the folder, the
provider behind, and that a silent provider is waited for `PATIENCE` seconds.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from support.sockets import kept_port
from support.tools import missing, need

PATIENCE = 2
"""How many seconds a proxy waits for its provider."""

_START_SECONDS = 30
_STOP_SECONDS = 10
_PAUSE = 0.02
_TRAFFIC_SERVER = Path("/etc/trafficserver")
_MODSECURITY = Path("/etc/modsecurity")
_CORE_RULES = Path("/usr/share/modsecurity-crs/owasp-crs.load")
_APACHE_MODULES = Path("/usr/lib/apache2/modules")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a proxy runs: a folder of its own, its port, and the port of the provider behind."""

    folder: Path
    port: int
    behind: int

    def write(self, name: str, text: str) -> Path:
        """Write a file into the folder, and return where it is."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A proxy: its command, the package that brings it, and what it is started with."""

    name: str
    tool: str
    package: str
    arguments: Callable[[Place], Sequence[str | Path]]

    @contextmanager
    def running(self, folder: Path, behind: int) -> Iterator[str]:
        """Yield its address while it runs in front of a port."""
        command = need(self.tool, self.package)
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "output.log"
        with kept_port() as port:
            place = Place(folder=folder, port=port, behind=behind)
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [command, *self.arguments(place)],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            try:
                assert _listens(process, port), log.read_text(encoding="utf-8", errors="replace")
                yield f"http://127.0.0.1:{port}"
            finally:
                _end(process)


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    late = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < late:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(_PAUSE)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a proxy, and whatever of its own processes outlives it."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_STOP_SECONDS)


def varnish(recv: str = "") -> Proxy:
    """Return a Varnish; ``recv`` is what its ``vcl_recv`` does first."""
    first = f"import std;\nsub vcl_recv {{ {recv} }}\n" if recv else ""

    def arguments(place: Place) -> Sequence[str | Path]:
        backend = f'backend default {{ .host = "127.0.0.1"; .port = "{place.behind}"; }}'
        return (
            *("-F", "-j", "none", "-T", "none", "-n", place.folder / "work"),
            *("-a", f"127.0.0.1:{place.port}", "-s", "malloc,16m", "-p", "vsl_space=2m"),
            *("-p", f"first_byte_timeout={PATIENCE}", "-p", f"between_bytes_timeout={PATIENCE}"),
            *("-f", place.write("default.vcl", f"vcl 4.1;\n{backend}\n{first}")),
        )

    return Proxy(name="varnish", tool="varnishd", package="varnish", arguments=arguments)


def nginx(more: str = "") -> Proxy:
    """Return an nginx; ``more`` stands in its server, and holds for what it doesn't pass on."""

    def arguments(place: Place) -> Sequence[str | Path]:
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n".join(f"{one}_temp_path {place.folder}/{one};" for one in folders)
        user = "user root;" if os.geteuid() == 0 else ""
        config = f"""
{user}
pid {place.folder}/nginx.pid;
events {{ }}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{place.port};
        {more.replace("FOLDER", str(place.folder))}
        location ~ ^/[a-z0-9]+/ {{
            allow all;
            auth_basic off;
            proxy_pass http://127.0.0.1:{place.behind};
            proxy_read_timeout {PATIENCE}s;
        }}
    }}
}}
"""
        file = place.write("nginx.conf", config)
        return ("-e", "stderr", "-p", place.folder, "-c", file, "-g", "daemon off;")

    return Proxy(name="nginx", tool="nginx", package="nginx", arguments=arguments)


def haproxy(more: str = "") -> Proxy:
    """Return an HAProxy, whose three retries are for connecting only; ``more`` is added."""

    def arguments(place: Place) -> Sequence[str | Path]:
        config = f"""
global
    maxconn 100
defaults
    mode http
    option redispatch
    timeout connect 1s
    timeout client 50s
    timeout server {PATIENCE}s
listen provider
    bind 127.0.0.1:{place.port}
    {more}
    server one 127.0.0.1:{place.behind}
"""
        return ("-db", "-f", place.write("haproxy.cfg", config))

    return Proxy(name="haproxy", tool="haproxy", package="haproxy", arguments=arguments)


def trafficserver() -> Proxy:
    """Return an Apache Traffic Server with a reverse map."""
    return Proxy(
        name="trafficserver",
        tool="traffic_server",
        package="trafficserver",
        arguments=_traffic_server,
    )


def _traffic_server(place: Place) -> Sequence[str | Path]:
    """Copy the stock config, which has one instance for the machine, and change what must be."""
    if not (_TRAFFIC_SERVER / "records.config").is_file():
        missing("the config of Apache Traffic Server", "apt-get install trafficserver")
    etc = place.folder / "etc"
    shutil.rmtree(etc, ignore_errors=True)
    shutil.copytree(_TRAFFIC_SERVER, etc)
    records = "".join(
        f"CONFIG proxy.config.{name} {value}\n"
        for name, value in {
            "http.server_ports": f"STRING {place.port}:ip-in=127.0.0.1",
            "http.transaction_no_activity_timeout_out": f"INT {PATIENCE}",
            "http.connect_attempts_timeout": f"INT {PATIENCE}",
            "http.post_connect_attempts_timeout": f"INT {PATIENCE}",
            "admin.user_id": "STRING #-1",  # stay who we are
            "crash_log_helper": "STRING NULL",
        }.items()
    )
    with (etc / "records.config").open("a", encoding="utf-8") as file:
        file.write(records)  # the last line of a name counts
    place.write("etc/remap.config", f"map / http://127.0.0.1:{place.behind}/\n")
    place.write("etc/storage.config", f"{place.folder}/cache 32M\n")
    layout = {
        "prefix": "/usr",
        "exec_prefix": "/usr",
        "bindir": "/usr/bin",
        "sbindir": "/usr/sbin",
        "sysconfdir": etc,
        "datadir": place.folder / "cache",
        "includedir": "/usr/include",
        "libdir": "/usr/lib/trafficserver",
        "libexecdir": "/usr/lib/trafficserver/modules",
        "localstatedir": place.folder / "run",
        "runtimedir": place.folder / "run",
        "logdir": place.folder / "log",
        "cachedir": place.folder / "cache",
    }
    for name in ("cache", "run", "log"):
        (place.folder / name).mkdir(exist_ok=True)
    place.write("runroot.yaml", "".join(f"{name}: {path}\n" for name, path in layout.items()))
    return (f"--run-root={place.folder}",)


def apache(rules: str = "") -> Proxy:
    """Return an Apache with ModSecurity and the Core Rule Set, switched on as Debian ships them.

    ``rules`` stand between the two: what an administrator sets in ``crs-setup.conf``.
    """

    def arguments(place: Place) -> Sequence[str | Path]:
        recommended = _MODSECURITY / "modsecurity.conf-recommended"
        if not (_APACHE_MODULES / "mod_security2.so").is_file() or not recommended.is_file():
            missing("ModSecurity", "apt-get install libapache2-mod-security2")
        if not _CORE_RULES.is_file():
            missing("the Core Rule Set", "apt-get install modsecurity-crs")
        text = recommended.read_text(encoding="utf-8")
        text = text.replace("SecRuleEngine DetectionOnly", "SecRuleEngine On")
        text = text.replace("/var/log/apache2", str(place.folder))
        shutil.copy(_MODSECURITY / "unicode.mapping", place.folder)
        modules = ("mpm_event", "authz_core", "unique_id", "proxy", "proxy_http", "security2")
        loaded = "\n".join(
            f"LoadModule {name}_module {_APACHE_MODULES}/mod_{name}.so" for name in modules
        )
        config = f"""
ServerName localhost
ServerRoot {place.folder}
PidFile {place.folder}/apache.pid
ErrorLog {place.folder}/error.log
Listen 127.0.0.1:{place.port}
{loaded}
User www-data
Group www-data
Include {place.write("modsecurity.conf", text)}
SecDataDir {place.folder}
SecTmpDir {place.folder}
{rules}
Include {_CORE_RULES}
ProxyPass / http://127.0.0.1:{place.behind}/ timeout={PATIENCE}
"""
        return ("-D", "FOREGROUND", "-f", place.write("apache.conf", config))

    return Proxy(name="apache", tool="apache2", package="apache2", arguments=arguments)


STOCK = {one.name: one for one in (varnish(), nginx(), haproxy(), trafficserver())}
"""Those that stand before the provider in the test of the faults."""
