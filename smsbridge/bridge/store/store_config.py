"""The key ``store`` of ``[bridge]``: a SQLite file or the URL of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.bridge.table_values import error_lines, read_secret, whole_table

if TYPE_CHECKING:
    from pathlib import Path

    from smsbridge.config.load import ConfigDocument
    from smsbridge.text.located import Checker

_SQLITE = "sqlite:///"
_POSTGRES = "postgresql://"
_URL = f"a URL with a database, such as {_POSTGRES}bridge@db.example/bridge"


def read_store(document: ConfigDocument) -> Path | str:
    """Return only the store, for commands that open no doors. Raises `ConfigError`."""
    with error_lines(document):
        return find_store(document, whole_table(document, "bridge"))


def find_store(document: ConfigDocument, own: Checker) -> Path | str:
    """Return the file that ``store`` names, relative to the config's folder, or the URL.

    ``own``: the table ``[bridge]``.
    """
    given = own.values.get("store", f"{_SQLITE}bridge.db")
    store = read_secret(document, own, "store", given).reveal()
    if store.startswith(_POSTGRES):
        if not _has_database(store):
            own.fail(f"give {_URL}; in a password, @ is %40, # is %23, and / is %2F", "store")
        return store
    name = store.removeprefix(_SQLITE)
    if not store.startswith(_SQLITE) or not name or "?" in name or name == ":memory:":
        own.fail(
            f"give {_SQLITE} and the path of a file, such as {_SQLITE}bridge.db, or {_URL}",
            "store",
        )
    return document.file.parent / name


def _has_database(url: str) -> bool:
    """Return whether it is a URL with a database, and none whose password ends up elsewhere."""
    try:
        parts = urlsplit(url)
        is_whole = url.count("@") <= 1 and "#" not in url
        return is_whole and bool(parts.path.strip("/")) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
