"""Declarations for tables that are not ours: Django's and django-allauth's."""

from django.utils.translation import gettext_lazy as _

from smartsvar.personal_data import (
    Basis,
    Category,
    Erase,
    Keep,
    NoPersonalData,
    PersonalData,
    Restrict,
    Role,
)

_SIGN_IN = _("Let people sign in safely")

DECLARATIONS: dict[str, PersonalData | NoPersonalData] = {
    "contenttypes.ContentType": NoPersonalData(because="names of models"),
    "auth.Permission": NoPersonalData(because="names of permissions; unused, roles are our own"),
    "auth.Group": NoPersonalData(because="unused, roles are our own"),
    "auth.Group_permissions": NoPersonalData(because="unused, roles are our own"),
    "admin.LogEntry": PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Show what support changed"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("support agent"),
        keep=Keep(months=24, since="action_time"),
        export=("action_time", "user", "object_repr", "action_flag"),
        withhold={
            "id": "technical",
            "content_type": "technical",
            "object_id": "technical",
            "change_message": "names of fields, never values",
        },
        readable={
            "action_time": "ordered by it",
            "user": "pseudonymous id",
            "object_repr": "the object's id: __str__ of a sealed model shows nothing else",
            "action_flag": "added, changed or deleted",
        },
        erase=Erase.DELETE,
        restrict=Restrict.NOTHING,
    ),
    "account.EmailAddress": PersonalData(
        category=Category.CONTACT,
        role=Role.CONTROLLER,
        purpose=_SIGN_IN,
        basis=Basis.CONTRACT,
        subject=_("member, support agent"),
        keep=Keep(with_parent="user"),
        export=("email", "verified"),
        withhold={"id": "technical", "user": "technical", "primary": "technical"},
        readable={
            "email": "the sign-in address: looked up before anybody is known",
            "verified": "a state",
        },
        erase=Erase.WITH_PARENT,
        restrict=Restrict.NOTHING,
    ),
    "account.EmailConfirmation": NoPersonalData(
        because="unused: confirmations are signed links, not rows (ACCOUNT_EMAIL_CONFIRMATION_HMAC)"
    ),
    "socialaccount.SocialApp": NoPersonalData(because="unused: the one broker stands in settings"),
    "socialaccount.SocialToken": NoPersonalData(
        because="unused: tokens are not stored (SOCIALACCOUNT_STORE_TOKENS)"
    ),
    "socialaccount.SocialAccount": PersonalData(
        category=Category.IDENTIFICATION,
        role=Role.CONTROLLER,
        purpose=_SIGN_IN,
        basis=Basis.CONTRACT,
        subject=_("member"),
        keep=Keep(with_parent="user"),
        export=("date_joined", "last_login"),
        withhold={
            "id": "technical",
            "user": "technical",
            "provider": "technical",
            "uid": "a keyed hash of what the broker calls the person; it says nothing to anybody",
            "extra_data": "technical",  # always empty: nothing of what the broker says is kept
        },
        readable={
            "date_joined": "shown to its owner",
            "last_login": "a time",
        },
        erase=Erase.WITH_PARENT,
        restrict=Restrict.NOTHING,
    ),
    "mfa.Authenticator": PersonalData(
        category=Category.IDENTIFICATION,
        role=Role.CONTROLLER,
        purpose=_SIGN_IN,
        basis=Basis.CONTRACT,
        subject=_("member, support agent"),
        keep=Keep(with_parent="user"),
        export=("type", "created_at", "last_used_at"),
        withhold={
            "id": "technical",
            "user": "technical",
            "data": "secrets, sealed; of a passkey its public key and the name its owner gave it",
        },
        readable={
            "type": "which kind of second factor",
            "created_at": "shown to its owner",
            "last_used_at": "shown to its owner",
        },
        erase=Erase.WITH_PARENT,
        restrict=Restrict.NOTHING,
    ),
}
