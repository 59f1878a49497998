"""The command line. Data goes to stdout, messages to stderr; the exit code is the outcome."""

from __future__ import annotations

import errno
import io
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from smsbridge.cli.exit_codes import Exit, exit_of
from smsbridge.cli.group import Group
from smsbridge.cli.streams import Unwritten, flush, give_up, give_up_stdout, say
from smsbridge.errors import SmsbridgeError

_UNWRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
_COMMANDS = {
    "send": "Send one message.",
    "send-many": "Send the messages of a CSV; run it again to continue after a stop.",
    "report": "Show who got the messages of a CSV; changes nothing.",
    "resolve": "Look up what became of a send whose outcome is unknown.",
    "status": "Show where a message stands.",
    "wait": "Wait for a message's final status, or for a message to come in.",
    "sent": "List the messages in the provider's log of sends.",
    "received": "List the messages that came in.",
    "resend": "Ask the provider to send a message again.",
    "delete": "Delete from the provider's log.",
    "explain": "Show what a message becomes on the wire, and send nothing.",
    "backends": "List the installed backends, and what each can do.",
    "certify": "Judge a backend by every clause of the contract.",
    "new": "Create the package of a backend, tested and certified.",
    "doctor": "Check the config as a send would use it, and say what to fix.",
    "wsdl": "Show a WSDL, or lock a copy of it into a folder.",
    "webhook": "Show incoming webhooks, or send one.",
    "mock": "Serve a mock provider for clients in any language.",
    "serve": "Stand where a service stood, and send by another backend: the bridge.",
    "outbox": "Show what the bridge has stored, and decide what a person must.",
    "shadow": "Compare another backend with the one of a door, and send nothing.",
    "backup": "Copy the store of the bridge, or restore it.",
    "fixtures": "Check, list, show, record and compare the scenarios of the mock.",
    "demo": "Send through a mock provider, then break a connection.",
}
_HELP = """Send SMS and WhatsApp through REST, SOAP or OAuth2 with one interface.

\b
Examples:
  smsbridge demo
  export SMSBRIDGE_URL=smsmobileapi+rest://KEY@api.smsmobileapi.com
  smsbridge send +12025550123 "Hello"
  smsbridge send +12025550123 "Hello" --whatsapp --at 2027-01-31T09:00+00:00
  smsbridge send-many messages.csv --out results.jsonl
  smsbridge report results.jsonl
  smsbridge received --unread
  smsbridge explain +12025550123 "Hello"
  smsbridge wsdl show service.wsdl
  smsbridge mock --port 8765

\b
Exit codes: 0 done, 1 error, 2 refused before any I/O, 3 outcome unknown,
4 authentication failed, 5 not sent (safe to repeat), 6 rejected.
"""


_MODULES = {"doctor": "doctor.command", "send-many": "bulk.command", "report": "bulk.report"}
"""Where a command is, if not in the module of its name."""


class _Exits(Group):
    """Turns every error into its exit code and one line on stderr; a traceback would be a bug."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = import_module(f"smsbridge.cli.{_MODULES.get(name, name)}")
        command: click.Command = getattr(module, name.replace("-", "_"))
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
            with suppress(KeyboardInterrupt):  # the message may be lost, but not the exit code
                _say_why(error)
        with suppress(KeyboardInterrupt):
            flush()
        sys.exit(code)


def _code_of(error: Exception) -> int:
    return error.exit_code if isinstance(error, click.ClickException) else exit_of(error)


def _say_why(error: Exception) -> None:
    """Write to stderr why a command ends."""
    if isinstance(error, click.ClickException):
        try:
            error.show()
        except (OSError, ValueError):
            give_up("stderr")
    elif isinstance(error, click.Abort):
        say("Aborted!")
    elif isinstance(error, SmsbridgeError):
        from smsbridge.cli.output import show_notes

        say(f"smsbridge: {error}")
        show_notes(error)
    elif isinstance(error, Unwritten):
        if not error.gone:
            say(f"smsbridge: {error}")
    elif isinstance(error, OSError) and error.filename is None and error.errno in _UNWRITTEN:
        say(f"smsbridge: {give_up_stdout(error)}")
    else:
        say(f"smsbridge: unexpected {type(error).__name__}: please report it")


@click.group(cls=_Exits, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="smsbridge", message="%(prog)s %(version)s")
def main() -> None:
    """Run the command line."""
