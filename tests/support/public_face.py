"""The public face as lines of text: what users, plug-ins and scripts can hold on to.

It names no module, so that code may move. Run it to write the list anew after a change that the
changelog tells: ``.venv/bin/python tests/support/public_face.py``.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click

import smsbridge
import smsbridge.webhooks
from smsbridge.backends.tables.table_reader import TABLES
from smsbridge.cli import main
from smsbridge.testing import Provider, SmsbridgeMock

ROOT = Path(__file__).parents[2]
LIST = ROOT / "tests" / "data" / "public.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in ROOT.glob("docs/*.md")}
DIRECTIVE = r"^\.\. auto(?:class|exception|function|module):: ([\w.]+)$((?:\n   :.*)*)"
DOCUMENTED = {one[1]: one[2] for one in re.finditer(DIRECTIVE, PAGES["reference"], re.MULTILINE)}
OF_THE_FIXTURE = set(dir(SmsbridgeMock)) - set(dir(Provider)) | {"refused"}
OF_THE_MOCK = set(re.findall(r"\bsmsbridge_mock\.(\w+)", "".join(PAGES.values())))


def face() -> str:
    """Return every line, in sections."""
    sections: dict[str, Iterator[str]] = {
        "smsbridge": names(smsbridge),
        "smsbridge.webhooks": names(smsbridge.webhooks),
        "also in the reference": documented(),
        "entry points": entry_points(),
        "extras": extras(),
        "pytest fixtures": fixtures(),
        "config keys": config_keys(),
        "command line": commands("smsbridge", main),
    }
    return "\n\n".join("\n".join((f"# {name}", *lines)) for name, lines in sections.items()) + "\n"


def names(module: Any) -> Iterator[str]:
    for name in sorted(module.__all__):
        yield from described(name, getattr(module, name))


def documented() -> Iterator[str]:
    """Yield what docs/reference.md documents by its module."""
    for path in sorted(DOCUMENTED, key=lambda path: path.rpartition(".")[::-1]):
        module, _, name = path.rpartition(".")
        if (ROOT / path.replace(".", "/")).with_suffix(".py").exists():
            for member in sorted(members(path)):
                yield from described(member, getattr(import_module(path), member))
        elif module not in {"", "smsbridge.webhooks"}:
            yield from described(name, getattr(import_module(module), name))


def members(path: str) -> set[str]:
    """Return the members that the reference lists for a name; "" for all."""
    found = re.search(r":members:(.*)", DOCUMENTED[path])
    return {name.strip() for name in found[1].split(",")} if found else set()


def described(name: str, thing: Any) -> Iterator[str]:
    """Yield the line of a name, and those of its members."""
    if not inspect.isclass(thing):
        yield f"{name}{signature(thing)}" if callable(thing) else name
        return
    bases = [base.__name__ for base in thing.__mro__[1:-1] if is_public(base)]
    yield f"class {name}({', '.join(bases)})"
    if any("__init__" in vars(b) for b in ours(thing)) and not getattr(thing, "_is_protocol", 0):
        yield f"  {name}{signature(thing)}"
    for member in sorted(documented_members(thing) | state(thing)):
        yield f"  .{member}{kind_of(thing, member)}"


def is_public(base: type) -> bool:
    named = base.__name__ in smsbridge.__all__ or issubclass(base, Exception)
    return named or base.__module__ in {"builtins", "enum"}


def ours(kind: type) -> list[type]:
    return [base for base in kind.__mro__ if base.__module__.startswith("smsbridge")]


def documented_members(kind: type) -> set[str]:
    """Return the members that the reference documents, of a class and its bases."""
    if kind in {smsbridge.Client, smsbridge.AsyncClient}:
        return {name for base in ours(kind) for name in vars(base) if name[0] != "_"}
    found = set(OF_THE_MOCK) - OF_THE_FIXTURE if kind.__name__ == "Provider" else set()
    for path in DOCUMENTED:
        for base in ours(kind):
            if base.__name__ == path.rpartition(".")[2]:
                found |= members(path) - {""}
                found |= {n for n in vars(base) if n[0] != "_" and "" in members(path)}
    return found


def state(kind: type) -> set[str]:
    """Return the public attributes that a class declares, and those that constructors set."""
    found = {field.name for field in fields(kind)} if is_dataclass(kind) else set()
    for base in ours(kind):
        found |= set(inspect.get_annotations(base))
        init = vars(base).get("__init__")
        if init is None or is_dataclass(base):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(init))))
        found |= {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
        }
    return {name for name in found if not name.startswith("_")}


def kind_of(kind: type, member: str) -> str:
    found = inspect.getattr_static(kind, member, None)
    if isinstance(found, Enum):
        return f" = {found.value!r}"
    if isinstance(found, classmethod | staticmethod):
        return f"{signature(found.__func__)} {type(found).__name__}"
    return signature(found) if inspect.isfunction(found) else ""


def signature(thing: Callable[..., Any]) -> str:
    """Return the parameters: names, kinds and defaults."""
    plain = inspect.unwrap(thing)
    words = [
        parameter.replace(
            annotation=inspect.Parameter.empty,
            default=parameter.default
            if parameter.default is inspect.Parameter.empty
            else Spelt(parameter.default),
        )
        for parameter in inspect.signature(plain).parameters.values()
    ]
    is_async = inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain)
    return f"{inspect.Signature(words)}{' async' if is_async else ''}"


class Spelt:
    """A default, written without addresses and modules."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        value = self.value
        if isinstance(value, Enum):
            return str(value)
        if isinstance(value, frozenset | set):
            return f"{{{', '.join(sorted(repr(Spelt(one)) for one in value))}}}"
        if value is None or isinstance(value, str | bytes | int | float | tuple):
            return repr(value)
        return getattr(value, "__name__", "made anew")


def entry_points() -> Iterator[str]:
    groups = {"console_scripts": PROJECT["scripts"], **PROJECT["entry-points"]}
    yield from (f"{group}: {name}" for group in sorted(groups) for name in sorted(groups[group]))


def extras() -> Iterator[str]:
    for extra, needs in sorted(PROJECT["optional-dependencies"].items()):
        words = sorted(re.split(r"[><=;~! ]", need, maxsplit=1)[0] for need in needs)
        yield f"{extra}: {', '.join(words)}"


def fixtures() -> Iterator[str]:
    for path in PROJECT["entry-points"]["pytest11"].values():
        plugin = vars(import_module(path))
        found = (name for name, thing in plugin.items() if "Fixture" in type(thing).__name__)
        yield from sorted(name for name in found if not name.startswith("_"))


def config_keys() -> Iterator[str]:
    yield f"tables of a block: {', '.join(sorted(TABLES))}"
    for name, path in sorted(PROJECT["entry-points"]["smsbridge.backends"].items()):
        backend = EntryPoint(name, path, "").load()
        yield f"{name}: protocols {', '.join(backend.protocols) or 'of its own'}"
        yield from (f"  {key}" for key in getattr(backend, "own_keys", ()))
        for field in sorted(fields(backend), key=lambda field: field.name):
            default = "" if field.default is MISSING else f" = {Spelt(field.default)!r}"
            yield f"  {field.name}{default}"


def commands(line: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, **main.context_settings)  # click keeps -h or not for good
    yield line
    for given in command.get_params(context):
        if "--help" in given.opts:
            continue  # click's own; it keeps the spelling of whoever asked first
        words = ", ".join((*given.opts, *given.secondary_opts))
        needed = "needed" if given.required else f"= {default_of(given)!r}"
        many = " many" if given.multiple or given.nargs != 1 else ""
        flag = " flag" if isinstance(given, click.Option) and given.is_flag else ""
        yield f"  {given.param_type_name} {words} {given.type.name} {needed}{flag}{many}"
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            if found := command.get_command(context, name):
                yield from commands(f"{line} {name}", found)


def default_of(given: click.Parameter) -> object:
    default = given.to_info_dict()["default"]
    return default if isinstance(default, str | bool | int | float | tuple) else None


if __name__ == "__main__":
    LIST.write_text(face(), encoding="utf-8")
