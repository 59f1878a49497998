"""``smsbridge fixtures drift``: whether the live service still answers as the fixtures say."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smsbridge.cli.exit_codes import Exit
from smsbridge.cli.options import choose_backend, config_option
from smsbridge.cli.streams import put
from smsbridge.errors import ConfigError
from smsbridge.text.count import count

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Response
    from smsbridge.http.transport import Transport
    from smsbridge.testing.drift.fixture_drift import FixtureDrift
    from smsbridge.testing.drift.live_answer import LiveInteraction

_HELP = """Ask the live service again what fixtures mark as "live: safe", and compare.

\b
Examples:
  smsbridge fixtures drift tests/fixtures --to https://api.oldcorp.example
  smsbridge fixtures drift tests/fixtures --to https://api.oldcorp.example --backend oldcorp --json
  smsbridge fixtures drift tests/fixtures --to https://api.oldcorp.example --accept

It uses the credentials of the config. Interactions without the mark are never asked, nor are those
that send or delete, whatever a file says. Structure, types, statuses and the words that a table
reads are compared, field by field; free text is not.

\b
The exit code is that of the worst finding:
  0   nothing has changed
  1   something could not be asked
  10  a field was added
  11  a type, a status or a word was changed
  12  a field was removed

With --accept, `verified:` is set to today in each file that the live service agreed with, and
nothing else is changed; this is refused if CI is set.
"""


@click.command(help=_HELP, short_help="Compare with the live service.")
@click.argument("targets", metavar="DIR|FILE|ID|NAME...", nargs=-1, required=True)
@click.option("--to", "address", metavar="URL", required=True, help="The live service.")
@click.option("--backend", metavar="NAME", help="A block of the config instead of its default.")
@config_option
@click.option("--accept", is_flag=True, help="Set verified to today where it agreed.")
@click.option(
    "--most",
    metavar="N",
    default=50,
    show_default=True,
    type=click.IntRange(1),
    help="How many requests to make at most.",
)
@click.option(
    "--seconds",
    metavar="SECONDS",
    default=120.0,
    show_default=True,
    help="How long it may take in all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def drift(  # noqa: PLR0913  (an option each)
    targets: tuple[str, ...],
    *,
    address: str,
    backend: str | None,
    config: str | None,
    accept: bool,
    most: int,
    seconds: float,
    as_json: bool,
) -> None:
    """Compare fixtures with the live service."""
    from smsbridge.http.address import check_address
    from smsbridge.http.requests_transport import RequestsTransport
    from smsbridge.testing.drift.fixture_drift import FixtureDrift
    from smsbridge.testing.drift.live import SAFE, LiveService
    from smsbridge.testing.fixture.check_files import find_files
    from smsbridge.testing.fixture.load import parse

    if accept and os.environ.get("CI"):
        raise ConfigError("--accept: a person has to vouch for a date, and CI is set; leave it out")
    check_address("--to", address)
    chosen = replace(choose_backend(backend, config=config), url=address)
    chosen.site().check(address)
    files = [(name, file) for target in targets for name, file, _ in find_files(target)]
    read = [(name, file, parse(file.read_text(encoding="utf-8"), name)) for name, file in files]
    found = [one for one in read if any(part.live == SAFE for part in one[2].interactions)]
    if not found:
        said = count(len(read), "fixture")
        raise ConfigError(f"{said}, and no interaction is marked live: safe: nothing may be asked")
    if accept and (ids := [name for name, file, _ in found if not isinstance(file, Path)]):
        raise ConfigError(f"--accept: {ids[0]} ships in a package: give files of your own")
    reports: list[FixtureDrift] = []
    with closing(RequestsTransport(chosen)) as transport:
        budget = _Budget(transport, chosen.timeout, most, seconds)
        service = LiveService(chosen, budget.carry)
        for name, file, fixture in found:
            report = FixtureDrift(name, fixture, tuple(service.ask_again(fixture)))
            reports.append(report)
            if accept and report.may_be_accepted and isinstance(file, Path):
                _accept(file, name, datetime.now(UTC).date())
    _show(reports, budget.sent, accept=accept, as_json=as_json)
    sys.exit(_exit(one for report in reports for one in report.interactions))


@dataclass
class _Budget:
    """Carries at most so many requests, until a time; ``sent`` counts them."""

    transport: Transport
    timeout: float
    most: int
    seconds: float
    sent: int = 0
    began: float = field(default_factory=time.monotonic)

    def carry(self, request: Request) -> Response:
        """Return the answer, or raise `Broken`."""
        from smsbridge.http.exchange import Broken, Left

        now, end = time.monotonic(), self.began + self.seconds
        if self.sent >= self.most:
            why = f"the limit of {count(self.most, 'request')} is reached; --most allows more"
            raise Broken(Left.NOTHING, why, retry=False)
        if now >= end:
            why = f"{self.seconds:g} seconds are up; --seconds allows more"
            raise Broken(Left.NOTHING, why, retry=False)
        self.sent += 1
        return self.transport.send(request, min(now + self.timeout, end))


def _accept(path: Path, name: str, day: date) -> None:
    from smsbridge.testing.drift.accept import move_day

    text = path.read_bytes().decode("utf-8")  # not read_text: the ends of lines stay as they are
    path.write_bytes(move_day(text, name, day).encode("utf-8"))


def _exit(interactions: Iterable[LiveInteraction]) -> Exit:
    from smsbridge.testing.drift.compare import Grade
    from smsbridge.testing.drift.live_answer import Agreement

    codes = {
        Grade.ADDED: Exit.DRIFT_ADDED,
        Grade.CHANGED: Exit.DRIFT_CHANGED,
        Grade.REMOVED: Exit.DRIFT_REMOVED,
    }
    found = [Exit.DONE]
    for one in interactions:
        found += [codes[each.grade] for each in one.differences]
        found += [Exit.ERROR] * (one.verdict is Agreement.NOT_ASKED)
    return max(found)


def _show(reports: Sequence[FixtureDrift], requests: int, *, accept: bool, as_json: bool) -> None:
    if as_json:
        put(json.dumps({"requests": requests, "fixtures": [_document(one) for one in reports]}))
        return
    for report in reports:
        for one in report.interactions:
            more = f": {one.why}" if one.why else ""
            put(f"{report.name}, {one.interaction}: {one.verdict}{more}")
            for difference in one.differences:
                put(f"  {difference}")
        if accept:
            done = report.may_be_accepted
            put(f"  verified: {'moved to today' if done else f'not moved: {report.why_not}'}")
    agreed = sum(report.agrees for report in reports)
    put(f"{count(len(reports), 'fixture')} asked with {count(requests, 'request')}: {agreed} agree")


def _document(report: FixtureDrift) -> dict[str, object]:
    return {
        "fixture": report.fixture.id,
        "file": report.name,
        "agrees": report.agrees,
        "interactions": [asdict(one) for one in report.interactions],
    }
