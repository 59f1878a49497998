"""A WSDL as a person reads it, and a block of config to start from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.codecs.soap.model import BadContract, Content, Declared, Kind, Line
from smsbridge.codecs.soap.outline import in_words
from smsbridge.codecs.soap.xsd_samples import keeps
from smsbridge.http.address import is_loopback

if TYPE_CHECKING:
    from smsbridge.codecs.soap.contract import Contract

_VALUES: tuple[tuple[str, str], ...] = (
    ("{username}", r"user|login|account"),
    ("{password}", r"pass|pwd|secret"),
    ("{key}", r"api.?key|licen[cs]e|token$|^key$"),
    ("{recipient}", r"recipient|dest|msisdn|mobile|phone|number|^to$|gsm|address"),
    ("{sender}", r"sender|from|source|orig"),
    ("{reference}", r"ref|correl|client|external|transaction"),
    ("{send_at|iso}", r"schedul|notbefore|send.?(at|on|time|date)|deliver.*(time|date)"),
    ("{text}", r"text|body|message|msg|content"),
)
"""What a part probably is, by its name: a block to start from guesses, and says so."""
_CREDENTIALS = ("username", "password", "key")
_ALWAYS = ("{recipient}", "{text}", *(f"{{{name}}}" for name in _CREDENTIALS))
"""What is used also where the contract would let it be left out."""
_OF_EVERY = (*_ALWAYS, "{reference}")
"""The values that every message has, so that a part that is required may hold them."""
_ABOUT = r"(id|type|count|class|format|encoding|length|code)$"  # of a number or a text, not itself
_NOW = {"dateTime": "{now|iso}", "date": "{now|date}"}
_UNNAMED = ("#text", "string", "item")
_ID = r"(?<!val)ids?$|identifier|ticket"
_MARKER = r"code|status|state|result|error|success"
_MOST_WORDS = 8
_LOST = (("{recipient}", "the number"), ("{text}", "the text"))


def show(ports: Mapping[str, Contract]) -> Iterator[str]:
    """Yield the lines that show the services, ports and operations of a WSDL."""
    for number, (name, contract) in enumerate(ports.items()):
        soap = "1.1" if "xmlsoap" in contract.version else "1.2"
        if number:
            yield ""
        yield f"{contract.port.service}, port {name}: SOAP {soap}"
        yield f"  {contract.address}"
        for operation in contract.operations:
            yield ""
            try:
                yield from _operation(contract.operation(operation))
            except BadContract as error:
                yield f"  {operation}"
                yield f"    can't be used: {error}"


def _operation(declared: Declared) -> Iterator[str]:
    use = "encoded" if declared.input.encoded else "literal"
    action = f", action {declared.action}" if declared.action else ""
    yield f"  {declared.name}  ({declared.style}/{use}{action})"
    yield from _parts("in", declared.input)
    if declared.output is None:
        yield "    out    nothing: one-way"
    else:
        yield from _parts("out", declared.output)
    for fault in declared.faults:
        content = Content(body=fault)
        yield from _parts("fault", content, f"fault.detail.{fault.name}.")


def _parts(label: str, content: Content, prefix: str = "") -> Iterator[str]:
    rows = [
        (prefix + line.path, _type(line), "required" if line.part.required else "optional", line)
        for line in content.lines()
    ]
    if not rows:
        yield f"    {label:<6} nothing"
    wide = max((len(path) for path, *_ in rows), default=0)
    typed = max((len(kind) for _, kind, *_ in rows), default=0)
    for number, (path, kind, need, line) in enumerate(rows):
        lead = label if number == 0 else ""
        sample = f"  e.g. {line.kind.sample}" if label == "in" and _has_sample(line.kind) else ""
        yield f"    {lead:<6} {path:<{wide}}  {kind:<{typed}}  {need}{sample}".rstrip()
    for said in _beside(content, prefix):
        yield f"    {'':<6} {said}"


def _has_sample(kind: Kind) -> bool:
    return kind.simple and keeps(kind.sample, kind.limits)


def _beside(content: Content, prefix: str) -> Iterator[str]:
    """Yield what no line of a part says: of which parts one is needed, and what is open."""
    for paths in _choices(content):
        yield f"one is needed: {', '.join(prefix + path for path in paths)}"
    for above, kind in _holders(content):
        if kind.open:
            yield f"{prefix}{above}… takes any other element"


def _holders(content: Content) -> Iterator[tuple[str, Kind]]:
    """Yield each type that may hold others, with what is before their names in a path."""
    yield "", content.body.kind
    yield from ((f"{line.path}.", line.kind.item or line.kind) for line in content.lines())


def _choices(content: Content) -> Iterator[list[str]]:
    """Yield the paths of each set of which one is needed."""
    for above, kind in _holders(content):
        for names in kind.one_of:
            yield [above + part.name for part in kind.parts if part.name in names]


def _type(line: Line) -> str:
    return in_words(line.kind, _MOST_WORDS) + ("[]" if line.part.repeated else "")


def toml_block(contract: Contract, operation: str, wsdl: str, *, port: str = "") -> Iterator[str]:
    """Yield the lines of a block of config that sends through an operation: a start."""
    declared = contract.operation(operation)
    if declared.output is None:
        raise BadContract(
            f"operation {operation} is one-way: nothing says that a message was taken"
        )
    name = re.sub(r"[^a-z0-9]+", "-", contract.port.service.lower()).strip("-")
    name = name.removesuffix("service").strip("-") or "service"
    block = f"backends.{name}"
    yield f"[{block}]"
    yield 'backend = "soap"'
    yield f"wsdl = {_quoted(wsdl)}"
    if port:
        yield f"port = {_quoted(port)}"
    parts = urlsplit(contract.address)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        yield f"# {contract.address} has no TLS: give url, or allow it with"
        yield f"# cleartext_hosts = [{_quoted(parts.hostname or '')}]"
    fields = list(_fields(declared.input))
    values = {value.replace("|digits", "") for _, value, _, used in fields if used}
    keys = [one for one in _CREDENTIALS if f"{{{one}}}" in values]
    secrets = ", ".join(
        f'{key} = {{ env = "{name.upper().replace("-", "_")}_{key.upper()}" }}' for key in keys
    )
    if keys:
        yield f'auth = {{ type = "fields", {secrets} }}'
    else:
        yield '# auth = { type = "basic", username = "…", password = { env = "…" } }'
    yield ""
    yield f"[{block}.send]"
    yield f"operation = {_quoted(operation)}"
    yield ""
    yield f"[{block}.send.fields]  # guessed from the names: check each"
    yield from _aligned(fields)
    for value, what in _LOST:
        if value not in values:
            yield f'# no part looks like {what}: give one of them "{value}"'
    yield ""
    yield f"[{block}.send.accepted]"
    yield from _accepted(declared.output)


def _fields(content: Content) -> Iterator[tuple[str, str, str, bool]]:
    """Yield path, value, what it is, and whether the block uses it."""
    lines = [line for line in content.lines() if (line.kind.item or line.kind).simple]
    guesses = _guesses(lines)
    sure = {path for path, value in guesses.items() if value in _ALWAYS}
    sure |= {above for path in sure for above in _above(path)}
    required = {line.path for line in content.lines() if line.part.required} | sure
    required |= {paths[0] for paths in _choices(content) if not sure.intersection(paths)}
    for line in lines:
        value = guesses.get(line.path, line.kind.sample)
        needed = required.issuperset({line.path, *_above(line.path)})
        if needed and value not in _OF_EVERY and not line.kind.words:
            value = _NOW.get(line.kind.base, line.kind.sample)
        own = needed and not line.kind.words and "{" not in value
        said = _type(line) + ("" if line.part.required else ", optional")
        if value == "{recipient}" and _by_digits(line.kind):
            value = "{recipient|digits}"
        yield line.path, value, said + "; a sample: put your own" * own, needed


def _by_digits(kind: Kind) -> bool:
    """Return whether a type takes a number without its plus only."""
    plus, digits = (keeps(number, kind.limits) for number in ("+12025550123", "12025550123"))
    return digits and not plus


def _above(path: str) -> set[str]:
    """Return the paths of all that holds a part."""
    return {path[: found.start()] for found in re.finditer(r"\.", path)}


def _guesses(lines: list[Line]) -> dict[str, str]:
    """Return which value each path probably takes: each value once, by the nearest name."""
    found: dict[str, str] = {}
    for value, pattern in _VALUES:
        names = {
            line.path: _name(line.path)
            for line in lines
            if line.path not in found and not line.kind.words and _takes(line.kind, value)
        }
        about = _ABOUT if value in ("{recipient}", "{text}") else r"(?!)"
        alike = [
            path
            for path, name in names.items()
            if re.search(pattern, name) and not re.search(about, name)
        ]
        if alike:
            found[min(alike, key=lambda p: not re.fullmatch(pattern, names[p]))] = value
    return found


def _name(path: str) -> str:
    steps = path.lower().split(".")
    return next((step for step in reversed(steps) if step not in _UNNAMED), steps[-1])


def _takes(kind: Kind, value: str) -> bool:
    held = kind.item or kind
    dated = value == "{send_at|iso}" and held.base == "dateTime"
    return dated or held.refusal("a text") is None


def _aligned(rows: list[tuple[str, str, str, bool]]) -> Iterator[str]:
    shown = [
        (f"{'' if used else '# '}{_quoted(path)} = {_quoted(value)}", said)
        for path, value, said, used in rows
    ]
    wide = max((len(text) for text, _ in shown), default=0)
    for text, said in shown:
        yield f"{text:<{wide}}  # {' '.join(said.split())}"


def _accepted(content: Content) -> Iterator[str]:
    lines = [line for line in content.lines() if (line.kind.item or line.kind).simple]
    ids = [line for line in lines if re.search(_ID, _name(line.path))]
    markers = [line for line in lines if line not in ids and re.search(_MARKER, _name(line.path))]
    if markers:
        kind = markers[0].kind
        word = kind.sample if kind.words or kind.base == "boolean" else "0"
        path = _quoted(_first(content, markers[0].path))
        yield f"when = {{ {path} = {_quoted(word)} }}  # which word means yes?"
    elif lines:
        path = _quoted(_first(content, (ids or lines)[0].path))
        yield f'when = {{ {path} = "*" }}  # * is any word'
    else:
        yield 'when = { "…" = "…" }  # the contract names no part of the answer'
    if ids:
        yield f"id = {_quoted(_first(content, ids[0].path))}"


def _first(content: Content, path: str) -> str:
    """Return the path of the first of what may stand in an answer more than once."""
    several = {line.path for line in content.lines() if line.part.repeated or line.kind.item}
    ends = [found.start() for found in re.finditer(r"\.|\Z", path)]
    steps = (path[start:end] for start, end in zip([0, *ends], ends, strict=False))
    return "".join(
        step + "[0]" * (path[:end] in several) for step, end in zip(steps, ends, strict=True)
    )


def _quoted(text: str) -> str:
    """Return a text as TOML writes it, which is as JSON does but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
