"""What becomes of a folder of WSDLs: which load, what of them can be used, and who agrees.

    .venv/bin/python -m benchmarks.wsdl FOLDER --json build/wsdl.json

Each file is read in a process of its own, within some seconds. Of each operation that can be used a
sample of its input is written: zeep's client writes the same from the same values, and xmlschema
says whether it is valid. zeep reads a sample of each answer, as the mock gives it.
"""

# ruff: noqa: T201  (it prints what it found)

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from smsbridge.codecs.soap.envelope import ENCODING11
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.reader import XSI, split
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.wsdl_files import read_source

if TYPE_CHECKING:
    from smsbridge.codecs.soap.model import WSDLOperation
    from smsbridge.codecs.soap.port import Port

SECONDS = 30
START, END = "<!-- figures -->", "<!-- /figures -->"
PROCESSES = 2
REASONS = {
    "which no schema has": "a type, element or group that no schema has",
    "the part": "document style, and a part of a type",
    "attachments (MTOM)": "MTOM is demanded",
    "attachments (MIME)": "attachments (MIME)",
    "has no input": "no input: the provider would send it",
    "of the message": "a message that the WSDL doesn't have",
    "portType": "an operation of the binding or of the portType alone",
    "names the binding": "a port of a binding that isn't there",
    "not a SOAP port": "a port that is not of SOAP",
    "not HTTP": "a port that is not over HTTP",
    "which is not a file beside it": "an import that is not there",
    "steps deep": "types of types, too many steps deep",
    "can't read the WSDL": "schemas that can't be read",
    "the namespace of WSDL": "a schema with elements of WSDL in it",
}
"""What the reasons have in common, by words that they hold; the first that is found counts."""


@dataclass(kw_only=True)
class Figures:
    """What became of one WSDL, or of many."""

    files: int = 1
    loads: int = 0
    zeep_loads: int = 0
    operations: int = 0
    usable: int = 0
    compared: int = 0
    equal: int = 0
    judged: int = 0
    valid: int = 0
    answers: int = 0
    read: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)

    def refuse(self, why: str) -> None:
        """Count a reason."""
        kind = next((kind for words, kind in REASONS.items() if words in why), why)
        self.reasons[kind] = self.reasons.get(kind, 0) + 1


def measure(file: Path, *, alone: bool = False) -> Figures:
    """Return what becomes of one WSDL, in this process; ``alone``: without a word of others."""
    found = Figures()
    client = None if alone else _zeep_client(file)
    found.zeep_loads = int(client is not None)
    try:
        ports = load_ports(read_source(file))
    except BadWSDL as error:
        found.refuse(str(error))
        return found
    found.loads = int(bool(ports))
    for _, why in ports.refused.values():
        found.refuse(why)
    schemas = None if alone else _schemas(file)
    for port in ports.values():
        for why in port.troubles().values():
            found.refuse(why)
        found.operations += len(port.operations)
        for operation in (port.operations[name] for name in _usable(port)):
            found.usable += 1
            if alone:
                continue
            _compare(found, port, operation, client)
            _judge(found, port, operation, schemas)
            _read_answer(found, port, operation, client)
    return found


def _usable(port: Port) -> list[str]:
    troubles = port.troubles()
    return [name for name in port.operations if name not in troubles]


def _zeep_client(file: Path) -> Any:
    import zeep

    class Beside(zeep.Transport):
        def load(self, url: str) -> bytes:
            if url.startswith(ENCODING11):
                return files("smsbridge.wsdl").joinpath("soapenc.xsd").read_bytes()
            if "w3.org/2001/xml.xsd" in url:
                return files("smsbridge.wsdl").joinpath("xml.xsd").read_bytes()
            return Path(url.removeprefix("file://")).read_bytes()

    made: Any = zeep.Client
    transport: Any = Beside
    try:
        return made(str(file), transport=transport())
    except Exception:  # noqa: BLE001  (a broken WSDL makes zeep raise nearly anything)
        return None


def _schemas(file: Path) -> Any:
    """Return xmlschema's reading of the schemas of a WSDL, or None."""
    from xmlschema.extras.wsdl import Wsdl11Document

    places = {ENCODING11: str(files("smsbridge.wsdl").joinpath("soapenc.xsd"))}
    try:
        return Wsdl11Document(str(file), locations=places, allow="local").schema
    except Exception:  # noqa: BLE001  (as for zeep)
        return None


def _zeep_operation(client: Any, port: Port, name: str) -> Any:
    ports = client.wsdl.services[port.service].ports
    own = port.name if port.name in ports else port.name.removeprefix(f"{port.service}.")
    return ports[own].binding.get(name)


def _compare(found: Figures, port: Port, operation: WSDLOperation, client: Any) -> None:
    from lxml import etree

    body = operation.input.body
    words = sample(body.type)
    try:
        ours = etree.fromstring(port.write(operation.name, "input", words))
    except BadWSDL as error:
        found.differs.append(f"{operation.name}: not written: {error}")
        return
    if client is None:
        return
    try:
        zeeps = _zeep_operation(client, port, operation.name).create
        values = _values(words)
        theirs = zeeps(**values) if set(values) != {"_value_1"} else zeeps(values["_value_1"])
    except Exception as error:  # noqa: BLE001  (zeep has no such operation, or no such values)
        found.differs.append(
            f"{operation.name}: zeep writes none: {type(error).__name__}: {str(error)[:100]}"
        )
        return
    found.compared += 1
    content = theirs.content
    for header in content.findall("{*}Header"):
        content.remove(header)
    if operation.input.encoded:
        with suppress(ValueError):  # they differ in more, which is said below
            _take_encoding_away(ours, content)
    if _canonical(ours) == _canonical(content):
        found.equal += 1
    else:
        found.differs.append(f"{operation.name}: another envelope than zeep's")


def _values(words: Any) -> Any:
    """Return our words as zeep takes them."""
    if isinstance(words, Mapping):
        names = {"#text": "_value_1"}
        return {names.get(k, k.removeprefix("@")): _values(v) for k, v in words.items()}
    return [_values(one) for one in words] if isinstance(words, list) else words


def _take_encoding_away(ours: Any, theirs: Any) -> None:
    """Take away what the encoding adds, and the names of the items of an array."""
    is_array = any(split(str(name))[1] in ("arrayType", "itemType") for name in ours.attrib)
    for child in theirs if is_array else ():
        child.tag = "item"
    for element in (ours, theirs):
        for name in list(element.attrib):
            if split(str(name))[0] in (XSI, ENCODING11) or "encodingStyle" in str(name):
                del element.attrib[name]
    for inner, other in zip(ours, theirs, strict=True):
        _take_encoding_away(inner, other)


def _canonical(element: Any) -> str:
    from lxml import etree

    return ET.canonicalize(etree.tostring(element, encoding="unicode"), rewrite_prefixes=True)


def _judge(found: Figures, port: Port, operation: WSDLOperation, schemas: Any) -> None:
    from lxml import etree

    if operation.input.encoded or schemas is None:
        return
    with suppress(BadWSDL):
        words = sample(operation.input.body.type)
        body = etree.fromstring(port.write(operation.name, "input", words))[-1]
        found.judged += 1
        rpc = operation.style == "rpc"
        elements = [
            (element, _declared(schemas, operation, element, rpc=rpc))
            for element in (body[0] if rpc else body)
        ]
        wrong = [_fault(element, kind) for element, kind in elements]
        if any(wrong):
            why = next(filter(None, wrong))
            found.differs.append(f"{operation.name}: not valid for xmlschema: {why}")
        else:
            found.valid += 1


def _declared(schemas: Any, operation: WSDLOperation, element: Any, *, rpc: bool) -> Any:
    if rpc and not split(element)[0]:
        kind = next(p.type for p in operation.input.body.type.parts if p.name == element.tag)
        return schemas.maps.types.get(kind.name)
    return schemas.maps.elements.get(element.tag)


def _fault(element: Any, kind: Any) -> str:
    if kind is None:
        return f"it has no {element.tag}"
    given = (element.text or "") if getattr(kind, "is_simple", bool)() else element
    error = next(iter(kind.iter_errors(given)), None)
    return "" if error is None else " ".join(str(error.reason).split())[:160]


def _read_answer(found: Figures, port: Port, operation: WSDLOperation, client: Any) -> None:
    from lxml import etree

    if operation.output is None or client is None:
        return
    with suppress(BadWSDL, KeyError, ValueError):
        zeeps = _zeep_operation(client, port, operation.name)
        written = port.write(operation.name, "output", sample(operation.output.body.type))
        found.answers += 1
        try:
            zeeps.process_reply(etree.fromstring(written))
        except Exception as error:  # noqa: BLE001  (what zeep has against it)
            found.differs.append(
                f"{operation.name}: zeep can't read the answer: {type(error).__name__}: {error}"[
                    :200
                ]
            )
        else:
            found.read += 1


def total(every: Iterator[Figures]) -> Figures:
    """Return the sum of some figures."""
    whole = Figures(files=0)
    reasons: Counter[str] = Counter()
    for one in every:
        for name, value in asdict(one).items():
            if isinstance(value, int):
                setattr(whole, name, getattr(whole, name) + value)
        reasons.update(one.reasons)
    whole.reasons = dict(reasons.most_common())
    return whole


def table(whole: Figures) -> Iterator[str]:
    """Yield the lines of a table of figures, as the docs have it."""
    yield "| what | of | are |"
    yield "| --- | --: | --: |"
    for what, of, count in (
        ("WSDLs with a port that can be used", whole.files, whole.loads),
        ("WSDLs that zeep loads", whole.files, whole.zeep_loads),
        ("operations that can be used", whole.operations, whole.usable),
        ("requests that are zeep's own envelope", whole.compared, whole.equal),
        ("literal requests that are valid for xmlschema", whole.judged, whole.valid),
        ("answers of the mock that zeep reads", whole.answers, whole.read),
    ):
        yield f"| {what} | {of} | {count} |"
    yield ""
    yield "| why not | times |"
    yield "| --- | --: |"
    for why, count in sorted(whole.reasons.items(), key=lambda one: (-one[1], one[0])):
        yield f"| {why} | {count} |"


def _measure_apart(file: Path, seconds: int) -> Figures:
    """Return what becomes of one WSDL, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.wsdl", "--one", str(file)]
    started = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603  (a command of ours)
            command, capture_output=True, text=True, timeout=seconds, check=True
        )
        return Figures(**json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError) as error:
        why = (
            f"it took more than {seconds} s" if time.monotonic() - started > seconds else "it broke"
        )
        said = re.sub(r"\s+", " ", str(getattr(error, "stderr", "") or error))[-200:]
        return Figures(reasons={why: 1}, differs=[said])


def main() -> None:
    """Measure each WSDL of a folder, and print it."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("folder", nargs="?", type=Path, help="of WSDLs, which may have others in it")
    asked.add_argument("--json", type=Path, help="write the figures of each file there")
    asked.add_argument("--seconds", type=int, default=SECONDS, help="for each file")
    asked.add_argument("--docs", type=Path, help="write the tables into this page")
    asked.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    warnings.simplefilter("ignore")  # zeep's, of what it drops
    if given.one:
        print(json.dumps(asdict(measure(given.one))))
        return
    if not given.folder:
        asked.error("give a folder")
    found = sorted(given.folder.rglob("*.wsdl"))
    with ThreadPoolExecutor(PROCESSES) as pool:
        every = dict(
            zip(found, pool.map(lambda f: _measure_apart(f, given.seconds), found), strict=True)
        )
    for file, one in every.items():
        print(
            f"{file.relative_to(given.folder)}: {one.usable} of {one.operations} operations, "
            f"{one.equal}/{one.compared} as zeep, {one.valid}/{one.judged} valid, "
            f"{one.read}/{one.answers} answers read"
        )
        for line in (*one.reasons, *one.differs):
            print(f"    {line}")
    whole = total(iter(every.values()))
    print("", *table(whole), sep="\n")
    if given.docs:
        page = given.docs.read_text(encoding="utf-8")
        head, _, rest = page.partition(START)
        lines = "\n".join(table(whole))
        tail = rest.partition(END)[2]
        given.docs.write_text(f"{head}{START}\n{lines}\n{END}{tail}", encoding="utf-8")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        parts = {str(file.relative_to(given.folder)): asdict(one) for file, one in every.items()}
        given.json.write_text(json.dumps({"total": asdict(whole), "files": parts}, indent=1))


if __name__ == "__main__":
    main()
