"""The `redphone` command. Each group lives in a module of its own, loaded when it is asked for.

So `redphone policy render` starts at once, and needs neither Django nor a database.
"""

from importlib import import_module

import click

from redphone import __version__
from redphone.config.rooms import is_there

# In the order of the help page: the command, and the module and name it is found under.
COMMANDS = {
    "up": "redphone.cli.up:up",
    "policy": "redphone.cli.policy:policy",
    "verify": "redphone.cli.verify:verify",
    "demo": "redphone.cli.demo:demo",
    "createadmin": "redphone.cli.people:createadmin",
    "people": "redphone.cli.people:people_command",
    "device": "redphone.cli.device:device",
    "ack": "redphone.cli.ack:ack",
    "push-key": "redphone.cli.push_key:push_key",
    "token": "redphone.cli.token:token",
    "door": "redphone.cli.door:door",
    "hotline": "redphone.cli.hotline:hotline",
    "oncall": "redphone.cli.oncall:oncall",
    "backup": "redphone.cli.backup:backup",
    "restore": "redphone.cli.backup:restore",
    "migrate": "redphone.cli.database:migrate",
    "upgrade-database": "redphone.cli.database:upgrade_database",
    "web": "redphone.cli.serve:web",
    "clock": "redphone.cli.serve:clock",
    "worker": "redphone.cli.serve:worker",
    "mail": "redphone.cli.serve:mail",
    "mailbox": "redphone.cli.serve:mailbox",
    "phones": "redphone.cli.serve:phones",
    "check": "redphone.cli.serve:check",
    "watch": "redphone.cli.watch:watch",
}


class LazyGroup(click.Group):
    """A group whose commands are imported by name, in the order of `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, where in COMMANDS.items() if is_there(where.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="redphone")
def main() -> None:
    """The urgent-support desk: 'redphone up' starts all of it on this machine."""
