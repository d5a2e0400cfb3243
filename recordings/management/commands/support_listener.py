from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.models import User
from recordings.listening import NotAllowed, let_listen, let_listen_no_more
from smartsvar.clock import database_now


class Command(BaseCommand):
    help = "Let a support agent listen while customers permit it, or take that back (--no-more)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--no-more", action="store_true")

    def handle(self, *args: Any, email: str, no_more: bool, **options: Any) -> None:
        agent = User.objects.filter(email=email.strip().lower()).first()
        if agent is None:
            raise CommandError("Nobody signs in with this address.")
        if no_more:
            let_listen_no_more(agent, at=database_now())
            self.stdout.write(f"Support agent {agent.pk} may not listen.")
            return
        try:
            let_listen(agent, at=database_now())
        except NotAllowed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Support agent {agent.pk} may listen while a customer permits it.")
