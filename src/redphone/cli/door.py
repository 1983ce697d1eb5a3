"""Commands about the doors of monitors."""

import click

from redphone import clock
from redphone.cli.start import database


@click.group()
def door() -> None:
    """Make, list and take back the doors by which monitors send alerts."""


@door.command()
@click.option("--name", required=True, help="What comes in by it: 'Alertmanager, Frankfurt'.")
@click.option("--format", "kind", default="any", show_default=True, help="What it sends.")
@click.option("--customer", default="", help="Whose monitor it is: a slug. Else it is yours.")
@click.option("--component", default="", help="The status page's component it speaks for.")
@click.option("--issue-type", default="", help="What its alerts are taken for.")
@click.option("--mapping", default="", metavar="JSON", help="Where the generic reader looks.")
@click.option("--secret", default="", help="What the sender signs with, where it does.")
@click.option(
    "--most-a-minute",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="New incidents a minute; what is more becomes one.",
)
@click.option("--tests-open", is_flag=True, help="Let a sender's test open an incident.")
def create(
    name: str,
    kind: str,
    customer: str,
    component: str,
    issue_type: str,
    mapping: str,
    secret: str,
    most_a_minute: int,
    tests_open: bool,
) -> None:
    """Make a door. Its token is shown once."""
    with database():
        from redphone.actions import doors

        try:
            made, text = doors.create(
                name=name,
                format=kind,
                customer=customer,
                component=component,
                issue_type=issue_type,
                mapping=_mapping(mapping),
                secret=secret,
                most_a_minute=most_a_minute,
                opens_for_tests=tests_open,
                at=clock.now(),
            )
        except doors.DoorError as error:
            raise click.ClickException(str(error)) from None
        click.echo(text)
        said = f"{made.name} is open. Keep its token: it is not shown again."
        click.echo(said, err=True)


def _mapping(text: str) -> dict[str, str]:
    from redphone.actions import doors

    try:
        return doors.read_mapping(text)
    except doors.DoorError as error:
        raise click.BadParameter(str(error)) from None


@door.command("list")
def list_doors() -> None:
    """List the doors, the newest first."""
    with database():
        from redphone.records.models import Alert, Door

        for each in Door.objects.select_related("customer").order_by("-created_at"):
            last = Alert.objects.filter(door=each).order_by("-id").first()
            used = f"last used {last.received_at:%Y-%m-%d %H:%M} UTC" if last else "never used"
            state = "taken back" if each.revoked_at else used
            whose = each.customer.name if each.customer else "our own"
            click.echo(f"{each.prefix}…  {each.name}  {each.format}  {whose}  {state}")


@door.command()
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Take back the door whose token begins with PREFIX."""
    with database():
        from redphone.actions import doors

        try:
            gone = doors.revoke(prefix=prefix, at=clock.now())
        except doors.DoorError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{gone.name} ({gone.prefix}…) opens nothing any more.")
