"""Commands about the people who sign in."""

import click

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

        from redphone.records.models import Person

        try:
            validate_email(email)
            validate_password(password, Person(email=email, name=name))
        except ValidationError as error:
            raise click.ClickException(" ".join(error.messages)) from None
        if Person.objects.filter(email=Person.objects.normalize_email(email)).exists():
            raise click.ClickException(f"{email} is someone already. Choose another address.")
        Person.objects.create_superuser(email, password, name=name)
        click.echo(f"{name} can sign in as {email}.")
