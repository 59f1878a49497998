"""docs/soap.md says of each kind of WSDL what becomes of it: the corpus shows that it does."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from smsbridge.codecs.soap.describe import show
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import read_source

from support.corpus import CONTRACTS
from support.each import each

ROOT = Path(__file__).parents[1]
BENCHMARK = SimpleNamespace(**runpy.run_path(str(ROOT / "benchmarks" / "wsdl.py")))
PAGE = (ROOT / "docs" / "soap.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| .* \| `([\w/-]+)` \| (works|noted|refused)(?:: (.*?))? \|$", PAGE, re.MULTILINE
)


def file_of(name: str) -> Path:
    if name.startswith("cases/"):
        (file,) = (CONTRACTS / name).rglob("gate.wsdl")
        return file
    return CONTRACTS / f"{name}.wsdl"


def lines(file: Path) -> Iterator[str]:
    try:
        ports = load_ports(read_source(file))
        yield from show(ports, ports.refused)
    except BadWSDL as error:
        yield f"can't be used: {error}"


def test_the_table_has_its_rows() -> None:
    assert len(ROWS) > 15


@each(("name", "becomes", "said"), ROWS)
def test_each_row_of_the_table_is_what_becomes_of_its_wsdl(
    name: str, becomes: str, said: str
) -> None:
    found = [line.strip() for line in lines(file_of(name))]
    troubles = [line for line in found if line.startswith("can't be used: ")]
    notes = [line for line in found if line.startswith("note ")]
    if becomes == "refused":
        assert any(said in line for line in troubles)
        return
    assert troubles == []
    assert becomes == "works" or any(said in line for line in notes)


def test_the_figures_are_those_of_the_corpus() -> None:
    written = PAGE.partition(BENCHMARK.START)[2].partition(BENCHMARK.END)[0].strip().splitlines()
    every = (BENCHMARK.measure(file, alone=True) for file in sorted(CONTRACTS.rglob("*.wsdl")))
    now = list(BENCHMARK.table(BENCHMARK.total(every)))
    ours = [number for number, line in enumerate(now) if not re.search("zeep|xmlschema", line)]
    assert len(written) == len(now)
    again = ".venv/bin/python -m benchmarks.wsdl tests/contracts --docs docs/soap.md"
    assert [written[n] for n in ours] == [now[n] for n in ours], again


def test_figures_are_added_up() -> None:
    one = BENCHMARK.Figures(loads=1, operations=3, reasons={"a": 1})
    both = BENCHMARK.total(iter([one, BENCHMARK.Figures(operations=2, reasons={"a": 1, "b": 1})]))
    assert (both.files, both.loads, both.operations) == (2, 1, 5)
    assert both.reasons == {"a": 2, "b": 1}
