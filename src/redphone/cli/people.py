"""Commands about the people who sign in."""

import click

from redphone import clock
from redphone.cli.start import database


@click.command()
@click.option("--email", prompt="E-mail address", help="What they sign in with.")
@click.option("--name", prompt="Name", help="What others see.")
@click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="At least 12 signs."
)
def createadmin(email: str, name: str, password: str) -> None:
    """Make someone an admin, who can then make everyone else."""
    with database():
        from django.contrib.auth.password_validation import validate_password
        from django.core.exceptions import ValidationError
        from django.core.validators import validate_email

        from redphone.actions import people
        from redphone.records.models import Person
        from redphone.records.models.person import Role

        try:
            validate_email(email)
            validate_password(password, Person(email=email, name=name))
        except ValidationError as error:
            raise click.ClickException(" ".join(error.messages)) from None
        if Person.objects.filter(email=Person.objects.normalize_email(email)).exists():
            raise click.ClickException(f"{email} is someone already. Choose another address.")
        people.add(
            email=email,
            password=password,
            name=name,
            role=Role.ADMIN,
            at=clock.now(),
            is_staff=True,
            is_superuser=True,
        )
        click.echo(f"{name} can sign in as {email}.")


@click.command("people")
@click.option("--add", "added", metavar="EMAIL", help="Take in one of the desk's own people.")
@click.option("--name", default="", help="What others see.")
@click.option("--role", default="responder", help="responder, incident_manager, support_manager…")
@click.option("--senior", is_flag=True, help="They count as senior support.")
@click.option(
    "--move", nargs=2, metavar="EMAIL NEW", help="Let somebody sign in with another address."
)
def people_command(
    added: str | None, name: str, role: str, senior: bool, move: tuple[str, str] | None
) -> None:
    """List the desk's own people; take one in, or move one to another address.

    Who is taken in chooses a password by "Forgot your password?", and enters the code of their
    first device on their own page.
    """
    with database():
        from redphone.actions import people
        from redphone.core.stream import DeskError
        from redphone.records.models import Person
        from redphone.records.queries.asker import STAFF

        try:
            if added:
                people.add(email=added, name=name, role=role, at=clock.now(), is_senior=senior)
            if move:
                people.move(email=move[0], to=move[1], at=clock.now())
        except DeskError as error:
            raise click.ClickException(str(error)) from None
        for each in Person.objects.filter(role__in=STAFF, is_active=True).order_by("name"):
            click.echo(f"{each.email}  {each.name}, {each.get_role_display().lower()}")
