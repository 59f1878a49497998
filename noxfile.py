"""The tests over other versions: of Python (``tests``), of what we depend on (``floors``).

An interpreter that is not installed is named and skipped, and none is downloaded.
"""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.envdir = "build/nox"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
FLOOR_TESTS = (
    *("tests/http", "tests/auth", "tests/client/test_sync.py", "tests/client/test_aio.py"),
    *("tests/codecs/test_rest.py", "tests/codecs/soap/test_codec.py", "tests/text/test_phone.py"),
    *("tests/backends/test_limits.py", "tests/testing/faults", "tests/testing/mock/test_fuzz.py"),
    *("tests/testing/mock/test_server.py", "tests/cli/test_send.py"),
    *("tests/bridge/store/test_database.py", "tests/bridge/store/test_sqlite_database.py"),
    *("tests/bridge/store/test_postgres_database.py", "tests/bridge/store/test_job_queue.py"),
    *("tests/bridge/test_app.py", "tests/bridge/events/test_event_request.py"),
)
"""What meets the libraries that we import: transports, codecs, auth, clients, mock, a command."""


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests, or those that are named after ``--``, on each Python."""
    session.install("--group", "test", "--editable", ".[all]", "./examples/acme-sms")
    session.run("pytest", *(session.posargs or ("--numprocesses", "auto", "--dist", "loadfile")))


@nox.session
def floors(session: nox.Session) -> None:
    """Run with the lowest versions that pyproject.toml allows, of what we depend on ourselves."""
    session.install("--resolution", "lowest-direct", "--editable", ".[all]")
    session.install("--group", "floors", "./examples/acme-sms")
    session.run("pytest", "-q", "-p", "no:cacheprovider", *FLOOR_TESTS)
