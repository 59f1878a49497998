"""A command that has commands: an unknown one is answered with the nearest."""

from __future__ import annotations

import click

from smsbridge.text.suggest import nearest


class Group(click.Group):
    """A group whose error for an unknown command names the one probably meant."""

    def resolve_command(
        self, context: click.Context, words: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that words begin with; see click for the rest."""
        known = self.list_commands(context)
        if words[0] not in known and not words[0].startswith("-"):
            context.fail(f"there is no command {words[0]!r}; {nearest(words[0], known)}")
        return super().resolve_command(context, words)
