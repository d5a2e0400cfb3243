"""The steps of signing in, as allauth takes them: the second one leaves a trace as it begins."""

from typing import Any

from allauth.mfa.stages import AuthenticateStage
from django.utils import timezone

from customers.history import note
from customers.models import SignInEvent


class SecondStage(AuthenticateStage):  # type: ignore[misc]
    """Whoever knows the password and stops here is seen by the person whose it is."""

    def handle(self) -> tuple[Any, bool]:
        response, goes_on = super().handle()
        if response is not None:
            note(self.login.user, SignInEvent.Kind.SECOND_ASKED, self.request, at=timezone.now())
        return response, goes_on
