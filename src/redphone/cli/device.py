"""Commands about what people are reached on."""

import click

from redphone import clock
from redphone.cli.start import database


@click.group()
def device() -> None:
    """See what somebody is reached on, and send them a test."""


@device.command("list")
@click.argument("email", required=False)
def list_devices(email: str | None) -> None:
    """List the devices of everybody, or of EMAIL."""
    with database():
        from redphone.records.models import Device

        found = Device.objects.select_related("person").order_by("person__name", "pk")
        if email:
            found = found.filter(person__email=email.strip().lower())
        for each in found:
            state = "works" if each.is_working else "waits for its code"
            if each.off_at:
                state = f"switched off: {each.off_why}"
            click.echo(f"{each.pk}  {each.person.email}  {each.kind}  {each.address}  {state}")
        if not found:
            raise click.ClickException("There is none. It is added at /me/devices/.")


@device.command()
@click.argument("email")
def test(email: str) -> None:
    """Send a test to each working device of EMAIL. A worker sends it within seconds."""
    with database():
        from redphone.actions import device_codes
        from redphone.core.stream import DeskError
        from redphone.records.models import Device

        found = Device.objects.filter(
            person__email=email.strip().lower(), verified_at__isnull=False, off_at=None
        )
        if not found:
            raise click.ClickException("Nothing of theirs works yet.")
        for each in found:
            try:
                device_codes.test(person=each.person_id, device=each.pk, at=clock.now())
            except DeskError as error:
                raise click.ClickException(str(error)) from None
            click.echo(f"{each}: on its way")
