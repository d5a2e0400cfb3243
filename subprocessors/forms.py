"""What support writes into the register, and what a customer writes against a change."""

import base64
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers.models import Customer
from smartsvar.clock import database_now, furthest_day
from smartsvar.counts import grouped
from smartsvar.plain_text import PlainText
from subprocessors.models import Agreement, Engagement, Notice, Objection, Subprocessor
from subprocessors.notices import earliest_day, today
from subprocessors.places import COUNTRIES
from subprocessors.prior_notice import renamed, unannounced
from subprocessors.purposes import purpose_choices

LARGEST_FILE = 2 * 1024 * 1024  # bytes: it is read into memory, sealed whole
LONGEST_AGO = timedelta(days=366)
DAYS = ("signed_on", "review_on", "audit_on")
PLAIN = ("signed_on", "review_on", "ended_at")
SEALED = ("contact_name", "contact_email")


def refuse_far(form: forms.BaseForm, names: tuple[str, ...]) -> None:
    """Refuse at its field each of these days that lies behind the last one that forms take."""
    last = furthest_day(database_now())
    for name in names:
        day: date | None = form.cleaned_data.get(name)
        if day and day > last:
            form.add_error(name, _("The day is too far ahead."))


def country_choices() -> list[tuple[str, str]]:
    """Return the countries by name, those of the EEA among them."""
    return sorted(((code, str(name)) for code, name in COUNTRIES.items()), key=lambda c: c[1])


def engagement_label(engagement: Engagement) -> str:
    """Name an engagement in a list to choose from."""
    names = dict(purpose_choices())
    return f"{engagement.subprocessor.name}: {names.get(engagement.purpose, engagement.purpose)}"


class EngagementChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return engagement_label(obj)


class SubprocessorChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return cast(Subprocessor, obj).name


class SubprocessorForm(PlainText, forms.ModelForm):  # type: ignore[type-arg]
    """The company and its agreement. The file and an audit are added, never shown again here."""

    country = forms.ChoiceField(label=_("Country of the company"), choices=country_choices)
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    contact_name = forms.CharField(label=_("Contact's name"), max_length=120, required=False)
    contact_email = forms.EmailField(label=_("Contact's e-mail"), required=False)
    signed_on = forms.DateField(label=_("Agreement signed"), required=False)
    review_on = forms.DateField(label=_("To be reviewed"), required=False)
    ended_at = forms.DateTimeField(
        label=_("Agreement ended"),
        required=False,
        help_text=_("The contact and the agreement are deleted a while after this."),
    )
    file = forms.FileField(label=_("Signed agreement (PDF)"), required=False)
    audit_on = forms.DateField(label=_("New audit: date"), required=False)
    audit_finding = forms.CharField(
        label=_("New audit: what was found"), max_length=2000, required=False, widget=forms.Textarea
    )

    class Meta:
        model = Subprocessor
        fields = ("name", "number", "country", "website")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreement = agreement_of(self.instance)
        for name in (*PLAIN, *SEALED) if agreement else ():
            self.initial.setdefault(name, getattr(agreement, name))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file:  # False where the form asks to clear it: what is signed stays
            return None
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is too large."))
        content = file.read()
        if not content.startswith(b"%PDF-"):
            raise forms.ValidationError(_("The file is no PDF."))
        return file.name[-100:], base64.b64encode(content).decode()

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        if bool(answers.get("audit_on")) != bool(answers.get("audit_finding")):
            self.add_error("audit_on", _("An audit has a date and a finding."))
        ended, signed = answers.get("ended_at"), answers.get("signed_on")
        if ended and signed and today(ended) < signed:
            self.add_error("ended_at", _("It cannot have ended before it was signed."))
        refuse_far(self, DAYS)
        return answers

    def clean_ended_at(self) -> datetime | None:
        """An agreement goes a while after its end: refuse one that is hardly meant."""
        ended: datetime | None = self.cleaned_data["ended_at"]
        if ended is None or "ended_at" not in self.changed_data:
            return ended
        at = database_now()
        if ended.year > furthest_day(at).year:
            raise forms.ValidationError(_("The day is too far ahead."))
        if ended < at - LONGEST_AGO:
            raise forms.ValidationError(_("It cannot have ended more than a year ago."))
        running = Engagement.objects.filter(subprocessor_id=self.instance.pk)
        if running.filter(Q(ends_on=None) | Q(ends_on__gt=today(ended))).exists():
            raise forms.ValidationError(_("An engagement runs longer. It must end first."))
        return ended

    def _post_clean(self) -> None:
        """Refuse to turn it into another company; the instance is full here."""
        super()._post_clean()  # type: ignore[misc]
        for name, told in renamed(self.instance, database_now()).items():
            self.add_error(name, told)


def agreement_of(subprocessor: Subprocessor) -> Agreement | None:
    """Return the agreement with this subprocessor, if there is one."""
    return Agreement.objects.stored().filter(subprocessor_id=subprocessor.pk).first()


class EngagementForm(PlainText, forms.ModelForm):  # type: ignore[type-arg]
    """What for, where, from when. A place outside the EEA needs a safeguard."""

    subprocessor = SubprocessorChoice(
        label=_("Subprocessor"), queryset=Subprocessor.objects.order_by("name")
    )
    purpose = forms.ChoiceField(label=_("Engaged for"), choices=purpose_choices)
    country = forms.ChoiceField(label=_("Country where data is processed"), choices=country_choices)

    class Meta:
        model = Engagement
        fields = ("subprocessor", "purpose", "country", "safeguard", "starts_on", "ends_on")

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        refuse_far(self, ("starts_on", "ends_on"))
        return answers

    def _post_clean(self) -> None:
        """Refuse at its field what customers must be told of first; the instance is full here."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            for name, told in unannounced(self.instance, database_now()).items():
                self.add_error(name, told)


def mailed_at_once() -> str:
    """Say how many customers an announcement is mailed to, before it is made."""
    count = Customer.objects.timely().count()
    told = ngettext(
        "%(number)s customer is mailed at once. It cannot be taken back.",
        "All %(number)s customers are mailed at once. It cannot be taken back.",
        count,
    )
    return told % {"number": grouped(count)}


class NoticeForm(PlainText, forms.ModelForm):  # type: ignore[type-arg]
    """A change to be announced to every customer, once."""

    engagement = EngagementChoice(
        label=_("Engagement"), queryset=Engagement.objects.select_related("subprocessor")
    )

    class Meta:
        model = Notice
        fields = ("engagement", "kind", "takes_effect_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["takes_effect_on"].help_text = mailed_at_once()

    def clean(self) -> dict[str, Any]:
        """Refuse what would take effect before customers' time to object is over, or too late."""
        answers: dict[str, Any] = super().clean() or {}
        if self.errors:
            return answers
        at, day = database_now(), answers["takes_effect_on"]
        ends, told = answers["kind"] == Notice.Kind.END, cast(Any, "")
        if day > furthest_day(at):
            told = _("This day is too far ahead.")
        elif ends and day < today(at):
            told = _("This day is over.")
        elif not ends and day < (first := earliest_day(at)):
            told = _("Customers have time to object: %(day)s is the earliest.") % {"day": first}
        elif Notice.objects.same(answers["engagement"], answers["kind"], day).exists():
            told = _("This change has been announced, and every customer told.")
        if told:
            self.add_error("takes_effect_on", told)
        return answers


class AnswerForm(PlainText, forms.ModelForm):  # type: ignore[type-arg]
    """Our answer to an objection."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=Objection.Outcome)
    answer = forms.CharField(label=_("Answer"), max_length=4000, widget=forms.Textarea)

    class Meta:
        model = Objection
        fields = ("outcome",)


class ObjectionForm(PlainText, forms.Form):
    """Why a customer objects."""

    reason = forms.CharField(
        label=_("Why you object"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6})
    )
