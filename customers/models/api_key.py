"""Keys for integrators: shown once, stored hashed, with scopes and an end."""

import hashlib
import secrets
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from smartsvar.audit.actors import Actor
from smartsvar.ids import new_id
from smartsvar.personal_data import NoPersonalData


class Scope(models.TextChoices):
    """What a key may do."""

    RECORDINGS_WRITE = "recordings:write", _("Deliver recordings")
    RECORDINGS_READ = "recordings:read", _("List calls")
    RECORDINGS_AUDIO = "recordings:audio", _("Fetch audio")
    MESSAGES_WRITE = "messages:write", _("Deliver messages")
    MESSAGES_READ = "messages:read", _("Read messages")
    STAFF_READ = "staff:read", _("Read the staff register")
    STAFF_WRITE = "staff:write", _("Change the staff register")
    PRIVACY_EXPORT = "privacy:export", _("Ask for exports of personal data")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, at: datetime) -> Self:
        """Keys that are neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=at)


class ApiKey(models.Model):
    """A customer's key, or with no customer the platform's, which names a customer in a header."""

    personal_data = NoPersonalData(because="a hash, scopes and times; the label names a system")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(_("name of the system"), max_length=60)
    prefix = models.CharField(max_length=8, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(ApiKeyQuerySet)()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def actor(self) -> Actor:
        """How the audit trail names this key."""
        return Actor("key", self.id)

    @staticmethod
    def make_secret() -> tuple[str, str, bytes]:
        """Return (prefix, whole key to show once, hash to store). 256 random bits need no salt."""
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        return prefix, f"ssv_{prefix}_{secret}", hashlib.sha256(secret.encode()).digest()

    @property
    def may(self) -> list[str]:
        """What it may do, in the reader's language."""
        return [str(Scope(each).label) for each in self.scopes if each in Scope.values]

    def allows(self, scope: str) -> bool:
        return scope in self.scopes
