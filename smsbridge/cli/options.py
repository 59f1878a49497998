"""The options that commands share, and what their words mean."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from smsbridge.client.attempt_json import read_time
from smsbridge.errors import InvalidMessage

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.message import Message

_OPTION_OF = {"send_at": "--at", "sender": "--sender", "reference": "--reference"}
F = TypeVar("F", bound=Callable[..., Any])


def _take_file(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    if given == "":
        raise click.UsageError("--config is empty")
    return given


config_option = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(),  # completed by the shell; whatever can't be read is told when it is read
    callback=_take_file,
    help="The config file, instead of SMSBRIDGE_CONFIG or smsbridge.toml.",
)


def backend_options(command: F) -> F:
    """Add --backend, --config and --url: which backend a command is for."""
    for option in (
        click.option("--url", metavar="URL|-", help="A backend as a URL; - reads it from stdin."),
        config_option,
        click.option(
            "--backend",
            metavar="NAME",
            help="A block of the config file instead of its default.",
        ),
    ):
        command = option(command)
    return command


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line."
)


def provider_options(command: F) -> F:
    """Add the options of each command that asks a provider: the backend, and --json."""
    return backend_options(json_option(command))


def store_options(command: F) -> F:
    """Add the options of each command that reads the store of a bridge: its config, and --json."""
    return config_option(json_option(command))


def message_options(command: F) -> F:
    """Add the options that make a message of a number and a text."""
    for option in (
        click.option("--reference", metavar="R", help="Your own reference; generated if absent."),
        click.option(
            "--at", metavar="TIME", help="Send no earlier than this: ISO 8601 with a time zone."
        ),
        click.option("--sender", metavar="S", help="Who it is from, if the provider allows that."),
        click.option("--whatsapp", is_flag=True, help="By WhatsApp."),
        click.option("--sms", is_flag=True, help="By SMS, the default; with --whatsapp, by both."),
    ):
        command = option(command)
    return command


def message_of(backend: Backend, to: str, text: str, given: Mapping[str, Any]) -> Message:
    """Return the message that the options of a command make; raises `InvalidMessage`."""
    from smsbridge.message import Channel, Message

    wanted = {
        Channel.WHATSAPP: given["whatsapp"],
        Channel.SMS: given["sms"] or not given["whatsapp"],
    }
    reference = {} if given["reference"] is None else {"reference": given["reference"]}
    with option_names():
        return Message(
            recipient=backend.number(to),
            text=text,
            channels=frozenset(channel for channel, asked in wanted.items() if asked),
            send_at=None if given["at"] is None else time_of("--at", given["at"]),
            sender=given["sender"],
            **reference,
        )


@contextmanager
def option_names() -> Iterator[None]:
    """Name the option in place of the field, in an error about a message."""
    try:
        yield
    except InvalidMessage as refused:
        said = str(refused)
        for field, option in _OPTION_OF.items():
            if said.startswith(f"{field} "):
                raise InvalidMessage(f"{option} {said.removeprefix(f'{field} ')}") from None
        raise


def server_options(port: int) -> Callable[[F], F]:
    """Add --host and --port of a command that serves, by default on the loopback."""

    def add(command: F) -> F:
        where = click.option(
            "--port",
            metavar="PORT",
            type=click.IntRange(0, 65535),
            default=port,
            show_default=True,
            help="0 takes any free port.",
        )
        host = click.option(
            "--host",
            metavar="HOST",
            default="127.0.0.1",
            show_default=True,
            help="Where to listen.",
        )
        return host(where(command))

    return add


def cannot_listen(host: str, port: int, why: str | None) -> click.ClickException:
    """Return the error of a command that can't listen there. ``why`` is what the system said."""
    why = why or "this machine does not have that address"
    return click.ClickException(f"can't listen on {host}, port {port}: {why}")


def choose_backend(
    backend: str | None, url: str | None = None, config: str | None = None
) -> Backend:
    """Return the backend of a block, of a URL (``-`` reads it from stdin), or the default one.

    ``config``: the file of the block. Each of them comes before the environment.
    """
    from smsbridge.config.load import from_environment, from_file
    from smsbridge.config.url import from_url

    if backend is not None and url is not None:
        raise click.UsageError("give only one of --backend and --url")
    if config is not None and url is not None:
        raise click.UsageError("give only one of --config and --url")
    if backend == "":
        raise click.UsageError("--backend is empty")
    if url is not None:
        return from_url(sys.stdin.readline().strip() if url == "-" else url)
    if backend is None and config is None:
        return from_environment()
    return from_file(backend, config)


def same_backend(backend: str | None, config: str | None) -> list[str]:
    """Return the options by which another command uses the same backend."""
    given = {"--backend": backend, "--config": config}
    return [word for option, value in given.items() if value for word in (option, value)]


def take_id(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    """Return the id of a message that an argument names; the name of a file is refused."""
    if given and not given.isalnum() and _is_file(given):
        report = shlex.join(["smsbridge", "report", given, "--status"])
        raise click.UsageError(
            f"{given} is a file: give the provider's id of a message; for the results of "
            f"send-many: {report}"
        )
    return given


def _is_file(name: str) -> bool:
    with suppress(OSError):  # such as one that is too long for a name
        return Path(name).is_file()
    return False


def time_of(option: str, given: str) -> datetime:
    """Return the time that an option names; raises `InvalidMessage`."""
    time = read_time(given)
    if time is None:
        raise InvalidMessage(
            f"{option} {given!r}: give ISO 8601 with a time zone, such as 2027-01-31T09:00+00:00"
        )
    return time
