"""A person who can sign in. E-mail is the name; what a person may do is said by memberships."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from smartsvar.audit.actors import Actor
from smartsvar.ids import new_id
from smartsvar.personal_data import Basis, Category, Erase, Keep, PersonalData, Restrict
from smartsvar.personal_data import Role as DataRole


class UserManager(BaseUserManager["User"]):
    """Creates users; the address is kept in lower case, so that it is unique as people mean it."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A sign-in. `is_staff` is our support staff, who can never be a member of a customer."""

    personal_data = PersonalData(
        category=Category.IDENTIFICATION,
        role=DataRole.CONTROLLER,
        purpose=_("Let people sign in safely"),
        basis=Basis.CONTRACT,
        subject=_("member, support agent"),
        keep=Keep(days=0, since="left_at"),  # without a membership it opens nothing
        export=("email", "date_joined", "last_login", "language"),
        withhold={
            "id": "technical",
            "password": "a hash of a secret",
            "is_active": "technical",
            "is_staff": "technical",
            "is_superuser": "technical",
            "left_at": "technical",
        },
        readable={
            "email": "the sign-in address: looked up before anybody is known",
            "date_joined": "a time",
            "last_login": "a time",
            "language": "a choice of two",
        },
        erase=Erase.DELETE,
        restrict=Restrict.NOTHING,
        processors=("hosting", "mail"),
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(_("support staff"), default=False)
    is_superuser = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # What mail to the person is written in; "" until they chose: then the customer's.
    language = models.CharField(
        _("language"), max_length=2, choices=[("sv", "Svenska"), ("en", "English")], blank=True
    )
    left_at = models.DateTimeField(null=True, editable=False)  # when the last membership ended

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        names = kwargs.get("update_fields")
        if names is None or "is_staff" in names:
            self._keep_support_apart()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        self._keep_support_apart()

    def _keep_support_apart(self) -> None:
        """Raise ValidationError for a member made support staff: a way to the customer's calls."""
        if self.is_staff and not self._state.adding and self.memberships.exists():
            raise ValidationError("A member of a customer cannot be support staff.")

    @property
    def actor(self) -> Actor:
        """How the audit trail names a support agent."""
        return Actor("support", self.id)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Support staff reach the admin; what each page shows and allows is said by the page."""
        return self.is_active and self.is_staff

    def has_perms(self, perms: Any, obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff
