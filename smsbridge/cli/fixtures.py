"""``smsbridge fixtures``: record, check, show and list the scenarios of the mock."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.fixtures_drift import drift
from smsbridge.cli.fixtures_record import record
from smsbridge.cli.group import Group
from smsbridge.cli.options import config_option
from smsbridge.cli.streams import put
from smsbridge.cli.table import show_table
from smsbridge.errors import ConfigError
from smsbridge.text.count import count
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.testing.fixture.check_files import CheckedFile
    from smsbridge.testing.fixture.flaw import FixtureFlaw
    from smsbridge.testing.fixture.load import Fixture

_MOCK = "http://127.0.0.1:8765"
_HELP = """Check, list, show, record and compare fixtures: the scenarios that the mock plays.

\b
Examples:
  smsbridge fixtures check tests/fixtures
  smsbridge fixtures list acme
  smsbridge fixtures show smsmobileapi/send/token-expires
  smsbridge fixtures curl smsmobileapi/send/token-expires --interaction token
"""
_CHECK_HELP = """Check each fixture of a folder, a file, an id, or the name of a backend.

\b
Examples:
  smsbridge fixtures check tests/fixtures
  smsbridge fixtures check acme --strict

Prints the line of each mistake in the format, of each request that no client can make, and of each
fixture that is due for review. A note names what a recording can't show, because its client sent
nothing of the kind. The exit code is 1 for a mistake; with --strict also for a warning.
"""
_CURL_HELP = """Print the requests of a fixture as curl commands.

\b
Examples:
  smsbridge fixtures curl smsmobileapi/send/accepted-soap
  smsbridge fixtures curl smsmobileapi/send/token-expires --interaction token

They go to the mock of `smsbridge mock`, unless --to names another. Each credential is a shell
variable, such as $SMS_API_KEY; the mock's are in its ready line.
"""


@click.group(cls=Group, help=_HELP)
def fixtures() -> None:
    """Check, list, show, record and compare fixtures."""


fixtures.add_command(record)


@fixtures.command(
    help=_CHECK_HELP, short_help="Check fixtures: of a folder, a file, an id or a backend."
)
@click.argument("targets", metavar="DIR|FILE|ID|NAME...", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@config_option
def check(targets: tuple[str, ...], config: str | None, *, strict: bool) -> None:
    """Check fixtures."""
    if not report(targets, datetime.now(UTC).date(), config, strict=strict):
        sys.exit(Exit.ERROR)


def report(
    targets: tuple[str, ...], today: date, config: str | None = None, *, strict: bool
) -> bool:
    """Print what is wrong in fixtures; return whether that is nothing that fails.

    ``config``: the file with the blocks of their backends.
    """
    from smsbridge.config.load import read_document
    from smsbridge.testing.fixture.check_files import check_files

    if config is not None:
        read_document(config)  # one that can't be read is an error, and not a warning of each
    checked = [one for target in targets for one in check_files(target, today, config)]
    for one in checked:
        for flaw in one.flaws:
            put(_line(one, flaw))
    wrong = [flaw for one in checked for flaw in one.flaws if not flaw.is_note]
    warnings = sum(flaw.is_warning for flaw in wrong)
    mistakes = len(wrong) - warnings
    found = f"{count(mistakes, 'mistake')}, {count(warnings, 'warning')}"
    put(f"{count(len(checked), 'fixture')}: {found}")
    return not mistakes and not (strict and warnings)


def _line(one: CheckedFile, flaw: FixtureFlaw) -> str:
    kind = "note" if flaw.is_note else "warning" if flaw.is_warning else "mistake"
    return f"{one.name}:{flaw.line}: {kind}: {flaw.why}"


@fixtures.command("list", short_help="List all, or those below a name.")
@click.argument("under", metavar="[NAME]", default="")
def list_(under: str) -> None:
    """List fixtures, those of installed backends too: all, or those whose ids begin with NAME."""
    show_fixtures(under)


def show_fixtures(under: str = "") -> None:
    """Print a table of the fixtures whose ids begin with a word."""
    from smsbridge.testing.fixture.find import fixture_ids, no_fixture
    from smsbridge.testing.fixture.load import load

    found = fixture_ids(under)
    if not found:
        raise no_fixture(under)
    show_table(("scenario", "title"), [[one.id, one.title] for one in map(load, found)])


@fixtures.command(short_help="Show a fixture's source, requests and answers.")
@click.argument("fixture", metavar="ID|FILE")
def show(fixture: str) -> None:
    """Show where a fixture is from, what is sent and what is answered."""
    from smsbridge.testing.fixture.load import load
    from smsbridge.testing.fixture.show import fixture_lines

    for line in fixture_lines(load(fixture)):
        put(line)


@fixtures.command(help=_CURL_HELP, short_help="Print its requests as curl commands.")
@click.argument("fixture", metavar="ID|FILE")
@click.option("--interaction", metavar="NAME", help="Only this one.")
@click.option(
    "--protocol", metavar="NAME", default="", help="As a client of this protocol sends them."
)
@click.option(
    "--to", "address", metavar="URL", default=_MOCK, show_default=True, help="Where to send them."
)
@config_option
def curl(
    fixture: str, interaction: str | None, protocol: str, address: str, config: str | None
) -> None:
    """Print the requests of a fixture."""
    from smsbridge.http.address import check_address
    from smsbridge.testing.fixture.curl import curl as curl_of
    from smsbridge.testing.fixture.load import load
    from smsbridge.testing.fixture.requests import at_address, requests_of
    from smsbridge.testing.mock.declared_backend import declared_backend

    check_address("--to", address)
    chosen = load(fixture)
    if interaction is not None:
        _check_interaction(chosen, interaction)
    backend = declared_backend(chosen.id.partition("/")[0], config=config)
    found = [
        one
        for one in requests_of(chosen, backend, protocol)
        if interaction in (None, one.interaction)
    ]
    if not found:
        raise ConfigError(f"{interaction or chosen.id} has no request that can be written")
    for number, one in enumerate(found):
        if number:
            put()
        if len(found) > 1:
            put(f"# {one.interaction}")
        put(curl_of(at_address(one.request, address), one.credentials))


def _check_interaction(fixture: Fixture, name: str) -> None:
    known = [one.id for one in fixture.interactions]
    if name not in known:
        raise ConfigError(f"{fixture.id} has no interaction {name!r}; {nearest(name, known)}")


fixtures.add_command(drift)
