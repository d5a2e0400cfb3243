"""A session: somebody's browser, from signing in until signing out."""

from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.user import User
from smartsvar.personal_data import Basis, Category, Erase, Keep, PersonalData, Restrict
from smartsvar.personal_data import Role as DataRole


class Session(AbstractBaseSession):
    """Found by a hash of the key, and by whose it is, so that it can be shown and ended."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=DataRole.CONTROLLER,
        purpose=_("Let people sign in safely"),
        basis=Basis.CONTRACT,
        subject=_("member, support agent"),
        keep=Keep(days=0, since="expire_date"),
        export=(),
        withhold={
            "session_key": "a hash of a secret",
            "session_data": (
                "signed: ids, times, browser and system in words, shown to its owner; a second"
                " factor's new secret, sealed"
            ),
            "expire_date": "technical",
            "user": "technical",
            "seen_at": "shown to its owner",
        },
        erase=Erase.DELETE,
        restrict=Restrict.NOTHING,
    )

    # No constraint in the database: a session that is written as its person is deleted must not
    # fail for that, nor hold the person's row. Nobody's session opens nothing.
    user = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    seen_at = models.DateTimeField(_("last used"), default=timezone.now)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = _("session")  # type: ignore[assignment]
        verbose_name_plural = _("sessions")  # type: ignore[assignment]

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The class that reads what is stored (Django's name for it)."""
        # Here and not above: the store names this model.
        from customers.sessions import SessionStore  # noqa: PLC0415

        return SessionStore
