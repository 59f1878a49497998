"""``smsbridge certify``: the contract outside pytest, and the row of the feature matrix."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smsbridge.cli.certify_mutants import show_mutants
from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import config_option
from smsbridge.cli.streams import put
from smsbridge.cli.table import show_table
from smsbridge.cli.wsdl_source import local_wsdl, wsdl_carrier

if TYPE_CHECKING:
    from smsbridge.testing.contract.certify import Certificate
    from smsbridge.testing.contract.ruling import Ruling

_MUTANT_SECONDS = 600.0
_HELP = """Judge a backend by every clause of the contract, over each of its protocols.

NAME is a block of smsbridge.toml, an installed backend, or package:Class. No real provider is asked
and no credential is used. Its fixtures are those in the folder "fixtures" beside the config file or
the class, or those that ship with smsbridge.

\b
Examples:
  smsbridge certify smsmobileapi
  smsbridge certify oldcorp --fixtures tests/fixtures
  smsbridge certify acme_sms:Acme --json
  smsbridge certify acme --markdown >> features.md
  smsbridge certify oldcorp --mutants

Each clause ends as pass, fail, does not apply (the backend declares that it lacks what the clause
is about), or not shown (with the fixture that would show it). The exit code is 0 if no
clause ends as fail or not shown, else 1.

With --mutants it judges the fixtures instead of the backend: each field, header, method and path
of each request is altered in turn, and a fixture that pins it must notice. The exit code is 1 if
a fixture that claims to cover a place stays green.
"""


@click.command(help=_HELP)
@click.argument("name")
@click.option(
    "--fixtures",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder of its fixtures.",
)
@click.option(
    "--protocol", metavar="P", multiple=True, help="Judge only this protocol; may be repeated."
)
@click.option(
    "--mutants", is_flag=True, help="Judge its fixtures: do they notice altered requests?"
)
@click.option(
    "--seconds",
    metavar="SECONDS",
    type=float,
    help="How long each clause may take, 60 by default; with --mutants all of them, 600.",
)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--markdown", is_flag=True, help="Print only its rows of the feature matrix.")
def certify(  # noqa: PLR0913  (an option each)
    *,
    name: str,
    fixtures: Path | None,
    config: str | None,
    protocol: tuple[str, ...],
    mutants: bool,
    seconds: float | None,
    as_json: bool,
    markdown: bool,
) -> None:
    """Certify a backend."""
    from smsbridge.testing.contract.certify import Certificate, find_subject
    from smsbridge.testing.contract.certify import certify as judge_all
    from smsbridge.testing.contract.clause import MOST_SECONDS
    from smsbridge.testing.contract.subject import Subject

    if as_json and markdown:
        raise click.UsageError("give only one of --json and --markdown")
    if mutants and markdown:
        raise click.UsageError("--mutants makes no row of the feature matrix: leave --markdown out")
    sys.path.insert(0, str(Path.cwd()))  # as for pytest: the class may be in this folder
    found = find_subject(name, fixtures, config=config)
    if unknown := sorted(set(protocol) - found.backend.protocols.keys()):
        known = ", ".join(found.backend.protocols)
        raise click.BadParameter(f"{unknown[0]!r} is not one of {known}", param_hint="--protocol")
    with local_wsdl(found.backend, wsdl_carrier(30.0, found.backend)) as backend:
        subject = Subject(backend, found.every_fixture)
        if mutants:
            most = _MUTANT_SECONDS if seconds is None else seconds
            is_sound = show_mutants(subject, protocol, most, as_json=as_json)
            sys.exit(Exit.DONE if is_sound else Exit.ERROR)
        most = MOST_SECONDS if seconds is None else seconds
        rulings = tuple(judge_all(subject, protocol, most))
    certificate = Certificate(backend=subject.backend, rulings=rulings, protocols=protocol)
    if as_json:
        put(json.dumps(certificate.document()))
    elif markdown:
        put(certificate.markdown())
    else:
        _show(certificate)
    sys.exit(Exit.DONE if certificate.judgement.kept else Exit.ERROR)


def _show(certificate: Certificate) -> None:
    """Print each clause with its verdict over each protocol, what was found, and the rows."""
    names = list(dict.fromkeys(one.protocol for one in certificate.rulings if one.protocol))
    by_clause: dict[tuple[str, str], dict[str, Ruling]] = {}
    for one in certificate.rulings:
        by_clause.setdefault((one.clause, one.title), {})[one.protocol] = one
    rows = [
        [number, *(_verdict(rulings, name) for name in names), title]
        for (number, title), rulings in by_clause.items()
    ]
    put(f"{certificate.backend.name}, by version {certificate.version} of the contract")
    put()
    show_table(("clause", *names, "title"), rows)
    found = [one for one in certificate.rulings if one.findings]
    if found:
        put()
        _explain(found)
    put()
    put(certificate.markdown())
    put()
    put(f"verdict: {certificate.judgement}")


def _verdict(rulings: dict[str, Ruling], protocol: str) -> str:
    ruling = rulings.get(protocol) or rulings.get("")
    return str(ruling.judgement) if ruling else "-"


def _explain(rulings: Iterable[Ruling]) -> None:
    for ruling in rulings:
        put(f"{ruling.name}: {ruling.judgement}")
        for finding in ruling.findings:
            put(f"  {finding}")
