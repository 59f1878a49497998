"""Large and hostile WSDLs: each is used or refused, within ten seconds and three gibibytes.

They are read in processes of their own, whose time and memory end: a test never waits for them.
Coverage is not measured there, since it would take their time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from support.each import each

PROCESSES = 4
PATIENCE = 110  # seconds, for all that one process reads; each of them has thirty of its own
READ = """
import resource
import sys
from contextlib import suppress
from pathlib import Path

from smsbridge.mapping.codec import Unreadable
from smsbridge.codecs.soap.envelope import read_envelope
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.xml import ANSWER

SECONDS, MEMORY = 30, 3 << 30
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def read(path):
    contract = load_port(read_source(path))
    content = contract.content("Send", "input")
    lines = len(list(content.paths()))
    written = contract.write("Send", "input", sample(content.body.type))
    with suppress(Unreadable):  # larger than any answer may be
        contract.refusal("Send", "input", read_envelope(written, ANSWER, ""))
    return f"{lines} lines, {'usable' if contract.schema.usable else 'unusable'}"


for folder in sys.argv[1:]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS, resource.RLIM_INFINITY))
    try:
        ending = "works: " + read(Path(folder, "it.wsdl"))
    except BadWSDL as error:
        ending = f"refused: {error}"
    Path(folder, "ending").write_text(ending)
"""
Endings = Mapping[str, str]


def works() -> Mapping[str, bytes]:
    from support.hostile import WORKS  # it writes megabytes

    return WORKS


def refused() -> Mapping[str, tuple[bytes, str]]:
    from support.hostile import REFUSED

    return REFUSED


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Endings:
    """Read all of them, some at once; return how each ended, or what its process said."""
    from support.hostile import BESIDE

    documents = {**works(), **{name: document for name, (document, _) in refused().items()}}
    folders = {name: tmp_path_factory.mktemp("it") for name in documents}
    for name, document in documents.items():
        (folders[name] / "it.wsdl").write_bytes(document)
        for file, content in BESIDE.items():
            (folders[name] / file).write_bytes(content)

    def run(batch: list[Path]) -> str:
        done = subprocess.run(
            [sys.executable, "-c", READ, *map(str, batch)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={name: said for name, said in os.environ.items() if "COVERAGE" not in name},
        )
        return f"ended with {done.returncode}: {done.stderr[-500:]}"

    batches = [list(islice(folders.values(), n, None, PROCESSES)) for n in range(PROCESSES)]
    with ThreadPoolExecutor(PROCESSES) as pool:
        said = dict(zip(range(PROCESSES), pool.map(run, batches), strict=True))
    return {
        name: (folder / "ending").read_text()
        if (folder / "ending").exists()
        else said[number % PROCESSES]
        for number, (name, folder) in enumerate(folders.items())
    }


def test_the_large_one_is_five_megabytes() -> None:
    from support.hostile import LARGE

    assert 5_000_000 < len(LARGE) < 6_000_000


@pytest.mark.full
@each("name", works)
def test_it_is_used_however_large_or_odd_it_is(name: str, endings: Endings) -> None:
    assert endings[name].startswith("works: ")
    odd = {"a schema that libxml2 can't read", "the pattern [a-", "the pattern ("}
    assert endings[name].endswith("unusable" if name in odd else " usable")


@each(("name", "why"), lambda: [(name, why) for name, (_, why) in refused().items()])
@pytest.mark.full
def test_it_is_refused_with_what_is_wrong(name: str, why: str, endings: Endings) -> None:
    assert endings[name].startswith("refused: ")
    assert why.removesuffix("$") in endings[name]
    assert endings[name].endswith(why[:-1]) or not why.endswith("$")
    assert "root:" not in endings[name]
    assert len(endings[name]) < 400
