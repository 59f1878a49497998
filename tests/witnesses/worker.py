"""Sends by clients that nobody here wrote: a JSON line in for each message, a JSON line out.

It runs in a Python of its own, which has those clients. A line names the adapter, a file beside
this one, and what to send: ``to``, ``text``, ``sender``, ``credentials``, and ``settings``, which
is what the file of the catalogue says to the adapter. The answer is ``accepted``, with ``said``.
"""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import sys
import traceback
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from types import ModuleType


@cache
def adapter(name: str) -> ModuleType:
    """Return the adapter of a name; its module has another one, that of the client is taken."""
    spec = importlib.util.spec_from_file_location(
        f"witness_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def send(job: dict[str, object]) -> dict[str, object]:
    """Return what the client says of one message."""
    heard = io.StringIO()
    logging.getLogger().handlers[:] = [logging.StreamHandler(heard)]
    try:
        with redirect_stdout(heard):
            said = adapter(str(job["client"])).send(job)
    except ModuleNotFoundError as error:
        return {"missing": error.name}
    except Exception:  # noqa: BLE001  (a client may raise anything)
        return {"accepted": False, "said": traceback.format_exc()}
    return {"accepted": bool(said), "said": heard.getvalue() or repr(said)}


if __name__ == "__main__":
    logging.getLogger().setLevel(logging.INFO)
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(send(json.loads(line)))}\n")
        sys.stdout.flush()
