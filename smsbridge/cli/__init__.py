"""The command line. stdout carries data, stderr talk; the exit code carries the outcome."""

from __future__ import annotations

import errno
import io
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from smsbridge.cli.exit_codes import Exit, exit_of
from smsbridge.cli.output import show_notes
from smsbridge.cli.streams import Unwritten, flush, give_up, say, unwritten
from smsbridge.errors import SmsbridgeError

_UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
_COMMANDS = {
    "send": "Send one message.",
    "send-many": "Send the messages of a CSV, and go on where a run ended.",
    "resolve": "Look up what became of a send whose outcome is unknown.",
    "status": "Show where a message stands.",
    "wait": "Wait for a message's last status, or for one that comes in.",
    "sent": "List what the provider was given to send.",
    "received": "List the messages that came in.",
    "resend": "Let the provider send a message again.",
    "delete": "Delete from the provider's log.",
    "explain": "Show what a message becomes on the wire, and send nothing.",
    "backends": "List what is installed, and what each can do.",
    "doctor": "Look at the config as a send would use it, and say what to do.",
    "wsdl": "Show a WSDL, or lock it into a folder.",
    "webhook": "Show the webhooks that arrive, or send one.",
    "mock": "Serve a mock provider for clients in any language.",
    "demo": "Show the main job on real sockets.",
}
_HELP = """Send SMS and WhatsApp through REST, SOAP or OAuth2 by one interface.

\b
Examples:
  smsbridge demo
  export SMSBRIDGE_URL=smsmobileapi+rest://KEY@api.smsmobileapi.com
  smsbridge send +12025550123 "Hello"
  smsbridge send +12025550123 "Hello" --whatsapp --at 2027-01-31T09:00+00:00
  smsbridge send-many messages.csv --out results.jsonl
  smsbridge received --unread
  smsbridge explain +12025550123 "Hello"
  smsbridge wsdl show service.wsdl
  smsbridge mock --port 8765

\b
Exit codes: 0 done, 1 error, 2 refused before any I/O, 3 outcome unknown,
4 authentication failed, 5 not sent (safe to repeat), 6 rejected.
"""


class _Exits(click.Group):
    """Turns every error into its exit code and one line on stderr; a traceback is a defect."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"smsbridge.cli.{module}"), module)
        command.short_help = _COMMANDS[name]
        return command

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            ended = super().main(*args, **{**kwargs, "standalone_mode": False})
            code: Any = ended if isinstance(ended, int) else Exit.DONE
        except SystemExit as end:
            code = end.code
        except Exception as error:  # noqa: BLE001  (the last line of defence)
            code = _code_of(error)
            with suppress(KeyboardInterrupt):  # what is said may be lost, the code may not
                _tell(error)
        with suppress(KeyboardInterrupt):
            flush()
        sys.exit(code)


def _code_of(error: Exception) -> int:
    return error.exit_code if isinstance(error, click.ClickException) else exit_of(error)


def _tell(error: Exception) -> None:
    """Say on stderr why a command ends."""
    if isinstance(error, click.ClickException):
        try:
            error.show()
        except (OSError, ValueError):
            give_up("stderr")
    elif isinstance(error, click.Abort):
        say("Aborted!")
    elif isinstance(error, SmsbridgeError):
        say(f"smsbridge: {error}")
        show_notes(error)
    elif isinstance(error, Unwritten):
        if not error.gone:
            say(f"smsbridge: {error}")
    elif isinstance(error, OSError) and error.filename is None and error.errno in _UNWRITTEN:
        say(f"smsbridge: {unwritten(error)}")
    else:
        say(f"smsbridge: unexpected {type(error).__name__}: please report it")


@click.group(cls=_Exits, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="smsbridge", message="%(prog)s %(version)s")
def main() -> None:
    """Run the command line."""
