"""Compare smsbridge with what a user would pick instead, and with the goals.

    .venv/bin/python -m benchmarks NAME... [--rounds 5] [--count N] [--json FILE] [--svg FILE]

``python -m benchmarks bridge`` is another one, with options of its own, see `benchmarks.bridge`.

Without a NAME nothing is run: what --json has is shown again, or written where --docs says.
"""

# ruff: noqa: T201  (it prints what it found)

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.peers import KINDS
from benchmarks.peers.model import NotThere
from benchmarks.plot import plot
from benchmarks.programs import python_start
from benchmarks.rounds import FEWEST, profile, take_turns
from benchmarks.rows import BENCHMARKS, Benchmark
from benchmarks.table import (
    Record,
    goal_rows,
    insert,
    markdown,
    peer_rows,
    record,
    version_line,
)
from benchmarks.target import MissingServer, Target, serve
from benchmarks.versions import read_versions

ALL = "all"
_WIDTH = 140
"""Columns of a table where there is no terminal."""
GOALS = {name: benchmark.goals for name, benchmark in BENCHMARKS.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, and show what came of them."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["bridge"]:
        from benchmarks import bridge  # it needs the extra of its name

        return bridge.main(given[1:])
    asked = _parser().parse_args(arguments)
    names = list(BENCHMARKS) if ALL in asked.names else list(dict.fromkeys(asked.names))
    records: dict[str, Record] = {}
    if asked.json and asked.json.exists():
        records = json.loads(asked.json.read_text(encoding="utf-8"))
    try:
        if names:
            with serve() as target:
                if asked.profile:
                    print_profiles(names, target, asked.count)
                    return 0
                for name in names:
                    records[name] = run(BENCHMARKS[name], target, asked.rounds, asked.count)
                    write(records, asked.json)
    except MissingServer as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    records = _in_order(records)
    if asked.svg:
        asked.svg.parent.mkdir(parents=True, exist_ok=True)
        asked.svg.write_text(plot(list(records.values())), encoding="utf-8")
    if asked.docs:
        page = write_page(asked.docs.read_text(encoding="utf-8"), records)
        asked.docs.write_text(page, encoding="utf-8")
    show(records, names or list(records))
    return 0


def write(records: Mapping[str, Record], file: Path | None) -> None:
    """Write the records, if there is a file for them: after each benchmark, so none is lost."""
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_in_order(records), indent=1, ensure_ascii=False)
        file.write_text(f"{text}\n", encoding="utf-8")


def _in_order(records: Mapping[str, Record]) -> dict[str, Record]:
    return {name: records[name] for name in BENCHMARKS if name in records}


def run(benchmark: Benchmark, target: Target, rounds: int, count: int | None) -> Record:
    """Run one benchmark, and return its record."""
    rounds = min(rounds, benchmark.most_rounds or rounds)
    number = count or benchmark.count
    taken = take_turns(
        benchmark.runners(target, number),
        rounds,
        lambda said: print(f"{benchmark.title}: {said}", file=sys.stderr, flush=True),
    )
    return record(
        title=benchmark.title,
        unit=benchmark.unit,
        base=benchmark.base,
        rounds=rounds,
        count=number,
        versions=read_versions(target.version),
        taken=taken,
        scale=benchmark.scale,
        pace=python_start() * 1e3,
    )


def print_profiles(names: Sequence[str], target: Target, count: int | None) -> None:
    """Print where our own sends spend their time, for each benchmark of sends."""
    for benchmark in (BENCHMARKS[name] for name in names):
        for kind in KINDS.get(benchmark.group, ()):
            if "smsbridge" not in kind.name and benchmark.group != "own":
                continue
            print(f"{benchmark.title}: {kind.name}")
            try:
                print(profile(benchmark.group, kind, target.plain, count or benchmark.count))
            except NotThere as error:
                print(error)


def show(records: Mapping[str, Record], names: Sequence[str]) -> None:
    """Print the tables of the benchmarks that are named."""
    chosen = {name: records[name] for name in names if name in records}
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    for found in chosen.values():
        _print_table(console, peer_rows(found))
    _print_table(console, goal_rows(chosen, GOALS))
    console.print(version_line(chosen.values()), markup=False)


def _print_table(console: Console, rows: Iterator[tuple[str, ...]]) -> None:
    table = Table(*next(rows))
    for row in rows:
        table.add_row(*row)
    if table.row_count:
        console.print(table)


def write_page(page: str, records: Mapping[str, Record]) -> str:
    """Return a page of the docs with the tables of these records between its marks."""
    page = insert(page, "goals", markdown(goal_rows(records, GOALS)))
    peers = "\n\n".join(markdown(peer_rows(found)) for found in records.values())
    page = insert(page, "peers", peers)
    return insert(page, "versions", version_line(records.values()))


def _parser() -> argparse.ArgumentParser:
    head, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=head)
    known = (*BENCHMARKS, ALL)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known), type=_name)
    parser.add_argument("--rounds", type=_number, default=FEWEST, help="default: %(default)s")
    parser.add_argument("--count", type=_number, help="how many sends in each round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what was measured is kept here")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="where to draw it")
    parser.add_argument("--profile", action="store_true", help="where our own sends spend time")
    parser.add_argument("--docs", type=Path, metavar="PAGE", help="a page to write the tables into")
    return parser


def read_options() -> list[str]:
    """Return the options that the command has."""
    return re.findall(r"(?<![\w-])--[a-z]+", _parser().format_help())


def _name(word: str) -> str:
    if word not in {*BENCHMARKS, ALL}:
        raise argparse.ArgumentTypeError(f"there is no {word!r}: {', '.join((*BENCHMARKS, ALL))}")
    return word


def _number(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("give a whole number above 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
