"""Login history: that somebody signed in, tried to, or changed how they do."""

from typing import ClassVar, Self

import structlog
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.user import User
from smartsvar.ids import new_id
from smartsvar.personal_data import Basis, Category, Erase, Keep, PersonalData, Restrict
from smartsvar.personal_data import Role as DataRole
from smartsvar.vault.errors import Tampered, Unreadable
from smartsvar.vault.second_factor import open_secret

log = structlog.get_logger(__name__)

ADDRESS = "address:"  # a second factor's secret, moved here, is none


class SignInEventQuerySet(models.QuerySet["SignInEvent"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")


class SignInEvent(models.Model):
    """One fact of a sign-in's life. Never which pages, never content.

    Its own person alone is shown it; the address it came from is sealed for that person.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        FAILED = "failed", _("Failed attempt to sign in")
        # Also on the way to signing in: somebody who stops here had what the first step asks for.
        SECOND_ASKED = "second_asked", _("First step right, second step asked for")
        CODE_FAILED = "code_failed", _("Wrong code or passkey at the second step")
        SIGNED_OUT = "signed_out", _("Signed out")
        ENDED = "ended", _("Signed out another device")
        PASSWORD_CHANGED = "password_changed", _("Password changed")
        PASSWORD_RESET = "password_reset", _("New password by a link in mail")
        EMAIL_CHANGED = "email_changed", _("E-mail address changed")
        FACTOR_ADDED = "factor_added", _("Two-factor sign-in or passkey added")
        FACTOR_REMOVED = "factor_removed", _("Two-factor sign-in or passkey removed")
        CODES_RENEWED = "codes_renewed", _("New recovery codes made")
        IDENTITY_ADDED = "identity_added", _("Electronic identity connected")
        IDENTITY_REMOVED = "identity_removed", _("Electronic identity disconnected")

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=DataRole.CONTROLLER,
        purpose=_("Let people see whether somebody else uses their sign-in"),
        basis=Basis.LEGITIMATE_INTEREST,
        subject=_("member, support agent"),
        keep=Keep(days=180, since="at"),
        export=("kind", "at", "browser", "system"),
        withhold={
            "id": "technical",
            "user": "technical",
            "address": "sealed; shown to its owner alone",
        },
        readable={
            "kind": "one of a few words",
            "at": "a time",
            "browser": "a maker's name, no version",
            "system": "a maker's name, no version",
        },
        for_owner={"address": "came_from"},
        erase=Erase.DELETE,
        restrict=Restrict.NOTHING,
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    at = models.DateTimeField()
    browser = models.CharField(max_length=20, blank=True)
    system = models.CharField(max_length=20, blank=True)
    address = models.TextField(blank=True)  # a token of the vault's; "" where none was known

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(SignInEventQuerySet)()

    class Meta:
        verbose_name = _("event of a sign-in")
        verbose_name_plural = _("login history")
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="sign_in_event_of_user"),
            models.Index(fields=["at"], name="sign_in_event_due"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def came_from(self) -> str:
        """The address it came from; "" where none is known or it is damaged.

        Raises what says that the root key or a database is away.
        """
        try:
            text = open_secret(self.user_id, self.address) if self.address else ADDRESS
            if not text.startswith(ADDRESS):
                raise Tampered("A token that is no address.")
        except Unreadable as error:
            log.warning("address not opened", object=str(self.id), error=type(error).__name__)
            return ""
        return text.removeprefix(ADDRESS)
