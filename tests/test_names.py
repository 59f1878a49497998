"""Names say what a thing does or is: no participles for functions, no name for two things."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import smsbridge

ROOT = Path(smsbridge.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

IRREGULAR = re.compile(
    "begun|bound|bought|broken|brought|built|caught|chosen|done|drawn|driven|fed|found|given|gone|"
    "got|gotten|heard|held|hidden|hung|kept|known|laid|led|left|lent|lost|made|meant|met|paid|put|"
    "said|seen|sent|shown|sold|spent|spoilt|spoken|stood|struck|sung|sworn|taken|taught|thought|"
    "thrown|told|torn|understood|won|worn|written"
)
REGULAR = re.compile(r"\w{2,}(ed|ing)")
PLAIN = re.compile("embed|feed|need|nothing|ping|put|seed|speed|string")
"""Verbs and nouns that only look like participles, or are their own."""

NOUN = re.compile(
    "beginning|binding|encoding|framing|heading|mapping|padding|setting|spacing|spelling|timing|"
    "warning"
)
AFTER = re.compile(
    r"anew|anyway|as|async|at|back|by|early|for|from|in|off|on|out|over|than|to|unless|up|\w+ly"
)
"""What makes a participle of the word before it, as in ``taken_over``; else it is an adjective."""

VERB = re.compile("check|end|list|read|refuse|to|wait")
"""In front, they make the last word their object: ``read_sent`` reads the log of that name."""

FACE = {
    "doubled": "the mock's and memory's, documented for tests",
    "nothing_else_sent": "the mock's and memory's, documented for tests",
    "sent_to": "the mock's and memory's, documented for tests",
    "received": "Client's and the command's: the log of what came in",
    "sent": "Client's and the command's: the log of what was sent",
    "taken": "Backend's, documented for plug-ins",
    "unplayed": "the mock's, documented for tests",
    "outgoing": "documented for tests of webhooks",
    "shipped": "documented for tests of fixtures",
    "unpinned": "documented for the contract of a backend",
}
"""Names of the public face that stay."""

OTHERS = {
    "connection_lost": "asyncio calls it",
    "data_received": "asyncio calls it",
    "connection_made": "asyncio calls it",
    "pytest_itemcollected": "pytest calls it",
}
"""Names that a library gives."""

SERVED = "what a client does, and how the provider's side of it answers"
MODULES_OF_ONE_NAME = {
    "__init__": "the face of a package",
    "auth": SERVED,
    "aws_signature": SERVED,
    "base": "what the classes of a room share",
    "codec": "the interface of a codec, and SOAP's codec",
    "digest": SERVED,
    "json_web_token": SERVED,
    "load": "what is read is what its room is about",
    "login": SERVED,
    "table": "the table that its room is about",
    "webhooks": "built for a provider that is served, and fired by the mock",
    "oauth2": SERVED,
    "rest": "the codec, and the block of config over it",
    "soap": "the block of config over the codec, and how the provider's side of it answers",
    "transport": "what carries a request: over a network, and in process to the mock",
}
"""The files of cli/ go by their commands, and are not compared."""


def functions(file: Path) -> Iterator[tuple[str, str]]:
    """Yield each function and method with its place; properties hold state, and may be told so."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not any("property" in ast.unparse(one) for one in node.decorator_list):
            yield node.name, f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"


def is_participle(word: str) -> bool:
    if PLAIN.fullmatch(word) or NOUN.fullmatch(word):
        return False
    return bool(IRREGULAR.fullmatch(word) or REGULAR.fullmatch(word))


def is_named_by_a_participle(name: str) -> bool:
    words = name.strip("_").split("_")
    if words[0] in {"is", "has", "can", "was", "are"} or name in FACE or "_".join(words) in OTHERS:
        return False
    has_verb = len(words) > 1 and VERB.fullmatch(words[0])
    return (is_participle(words[-1]) and not has_verb) or any(
        is_participle(word) and AFTER.fullmatch(after) for word, after in pairwise(words)
    )


def test_no_function_is_named_by_a_participle() -> None:
    named = [
        place
        for file in MODULES
        for name, place in functions(file)
        if is_named_by_a_participle(name)
    ]
    assert not named, "\n".join((f"{len(named)} functions:", *named))


def test_what_refuses_is_named_check_and_not_hold() -> None:
    named = [place for file in MODULES for name, place in functions(file) if "hold_" in name]
    assert not named, "\n".join(named)


def test_each_name_that_is_allowed_is_there() -> None:
    names = {name for file in MODULES for name, _ in functions(file)}
    assert FACE.keys() - names == set()
    assert OTHERS.keys() - {name.strip("_") for name in names} == set()


def test_no_two_public_classes_have_one_name() -> None:
    places = defaultdict(list)
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(ROOT)))
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert not twice, "\n".join(f"{name}: {', '.join(where)}" for name, where in twice.items())


def test_no_two_modules_have_one_name() -> None:
    places = defaultdict(list)
    for file in (file for file in MODULES if "cli" not in file.parts):
        places[file.stem].append(str(file.relative_to(ROOT)))
    twice = {name: where for name, where in places.items() if len(where) > 1}
    unsaid = {name: where for name, where in twice.items() if name not in MODULES_OF_ONE_NAME}
    assert not unsaid, "\n".join(f"{name}: {', '.join(where)}" for name, where in unsaid.items())
    assert set(MODULES_OF_ONE_NAME) <= set(twice), "an allowed name that is not needed"
