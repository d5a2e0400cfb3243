import sys
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from customers.actions.members import NotAllowed
from customers.actions.support import create_support_agent
from smartsvar.clock import database_now


class Command(BaseCommand):
    help = "Make a support agent's sign-in. The password is asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        try:
            validate_email(email)
            user = create_support_agent(email, read_password(), at=database_now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except NotAllowed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Support agent {user.pk} can sign in.")


def read_password() -> str:
    """Ask twice at a terminal; else take one line, so that no password is ever an argument."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass("Password: ")
    if getpass("Again: ") != password:
        raise CommandError("The two differ.")
    return password
