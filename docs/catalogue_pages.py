"""The pages of the catalogue, made from its files: a row and a page for each, and the figures."""  # noqa: INP001  (conf.py is beside it)

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.backends.capabilities import Capability, capabilities
from smsbridge.backends.catalogue import (
    CatalogueEntry,
    catalogue_names,
    entry_of,
    shipped_file,
)
from smsbridge.backends.registry import find

HERE = Path(__file__).parent
PROVIDERS = HERE / "data" / "providers.tsv"
"""Providers whose wire is known by reading public clients, and by which; never seen live."""

NONE = "\N{EN DASH}"
HEAD = ("provider", "name", "channels", "options", "callbacks", "segments", "agreed on by", "live")


def entries() -> dict[str, tuple[type[Backend], CatalogueEntry]]:
    """Return class and file of each provider, by name."""
    kinds = {name: find(name) for name in sorted(catalogue_names())}
    return {name: (kind, entry) for name, kind in kinds.items() if (entry := entry_of(kind))}


def matrix() -> str:
    """Return the table of all providers."""
    rows = [_cells(kind, entry) for kind, entry in entries().values()]
    return "\n".join(_row(cells) for cells in (HEAD, ["---"] * len(HEAD), *rows))


def figures() -> str:
    """Return what the catalogue comes to in numbers."""
    found = [entry for _, entry in entries().values()]
    clients = {one["client"] for entry in found for one in _witnesses(entry)}
    alone = [entry.name for entry in found if len(_witnesses(entry)) == 1]
    lines = [len(shipped_file(entry.name).read_text().splitlines()) for entry in found]
    listed = [line.split("\t") for line in PROVIDERS.read_text().splitlines()[1:]]
    covered = {
        tuple(one.split(":")) for entry in found for one in entry.provenance.get("covers", ())
    }
    have = [name for name, project in listed if (project, name) in covered]
    rows = (
        ("providers", len(found)),
        ("clients that agree on one or more of them", len(clients)),
        ("pairs of a provider and a client that agree", sum(len(_witnesses(e)) for e in found)),
        ("providers with one witness only", f"{len(alone)}: {', '.join(alone) or NONE}"),
        ("places where a witness says something else", sum(map(_differing, found))),
        ("clients that disagree, and are not witnesses", sum(len(_disagreeing(e)) for e in found)),
        ("lines a file, median", round(median(lines))),
        (f"of the {len(listed)} providers of two public projects", len(have)),
    )
    return "\n".join(_row(map(str, cells)) for cells in (("figure", ""), ("---", "---"), *rows))


def page(name: str) -> str:
    """Return the page of a provider."""
    kind, entry = entries()[name]
    block = entry.block
    url = f"`{block['url']}`" if "url" in block else "each account's own; give it as `url`"
    keys = "\n".join(f'{key} = "…"  # {what}' for key, what in entry.credentials.items())
    more = "" if "url" in block else '\nurl = "https://…"'
    if values := block.get("values"):
        told = ", ".join(f'{name} = "{value}"' for name, value in values.items())
        keys += f"\nvalues = {{ {told} }}  # so by default"
    userinfo = ":".join(key.upper() for key in entry.credentials)
    host = str(block.get("url", "https://HOST")).partition("://")[2]
    parts = [
        f"# {entry.title}",
        f"`{name}` in the [catalogue](../catalogue.md). The provider's own page: <{entry.site}>.",
        f'```toml\n[backends.shop]\nbackend = "{name}"{more}\n{keys}\n```',
        f"The same as a URL: `{name}://{userinfo}@{host}`. The address is {url}.",
        "\n".join(map(_row, (HEAD[1:], ["---"] * len(HEAD[1:]), _cells(kind, entry)[1:]))),
        "## What it refuses for",
        _reasons(entry),
        "## Where the facts are from",
        "\n".join(_sources(entry)),
        f"Written on {entry.provenance['date']}; seen live: {entry.provenance['seen']}.",
        "## Who agrees, and who doesn't",
        "\n".join(_agreements(entry)),
    ]
    return "\n\n".join(parts) + "\n"


def write(folder: Path = HERE / "catalogue") -> None:
    """Write the page of each provider, and remove those of no file."""
    folder.mkdir(exist_ok=True)
    pages = {folder / f"{name}.md": page(name) for name in catalogue_names()}
    for file in folder.glob("*.md"):
        if file not in pages:
            file.unlink()
    for file, text in pages.items():
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def _cells(kind: type[Backend], entry: CatalogueEntry) -> list[str]:
    (can,) = capabilities(entry.name, kind, "smsbridge")
    callbacks = [key for key in ("reported", "arrived") if key in entry.block]
    return [
        f"[{entry.title}](catalogue/{entry.name}.md)",
        f"`{entry.name}`",
        ", ".join(can.channels),
        ", ".join(_options(can)) or NONE,
        ", ".join(callbacks) or NONE,
        "yes" if {"encoding", "segments"} & set(can.options) else NONE,
        ", ".join(str(one["client"]) for one in _witnesses(entry)),
        str(entry.provenance["seen"]),
    ]


def _options(can: Capability) -> list[str]:
    return [one for one in can.options if one not in ("encoding", "segments", "now", "uuid")]


def _witnesses(entry: CatalogueEntry) -> list[Mapping[str, Any]]:
    return list(entry.provenance.get("witnesses", ()))


def _disagreeing(entry: CatalogueEntry) -> list[Mapping[str, Any]]:
    return list(entry.provenance.get("disagrees", ()))


def _differing(entry: CatalogueEntry) -> int:
    return sum(len(one.get("differs", {})) for one in _witnesses(entry))


def _reasons(entry: CatalogueEntry) -> str:
    found = entry.block.get("send", {}).get("rejected", {})
    rows = [
        (f"`{path}`", f"`{word}`", reason)
        for path, words in found.items()
        for word, reason in words.items()
    ]
    if not rows:
        return "No word of a refusal is known: the HTTP status alone decides."
    return "\n".join(_row(cells) for cells in (("at", "word", "reason"), ["---"] * 3, *rows))


def _sources(entry: CatalogueEntry) -> Iterable[str]:
    for one in entry.provenance.get("sources", ()):
        what = f"<{one['what']}>" if "://" in one["what"] else one["what"]
        yield f"- {what} ({one['version']}): {one['shows']}"


def _agreements(entry: CatalogueEntry) -> Iterable[str]:
    several = len(_witnesses(entry)) > 1
    yield "These clients, which others wrote, say the same:" if several else "One witness:"
    yield ""
    for one in _witnesses(entry):
        yield f"- {one['client']} {one['version']}"
        yield from (f"  - `{place}`: {why}" for place, why in one.get("differs", {}).items())
    for one in _disagreeing(entry):
        yield f"- {one['client']} {one['version']} disagrees: {one['why']}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
