"""A person of the staff register in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from customers.actions.absences import AbsenceFacts
from customers.actions.presence import Presence
from customers.actions.staff import FIELDS, StaffDetails
from customers.api_fields import Address, Moment, PlainText
from customers.api_pages import PageQuery
from customers.api_strict import StrictSerializer
from customers.models import Absence, Kind, StaffMember


class StaffSerializer(StrictSerializer):
    """What the register holds about a person."""

    id = serializers.UUIDField(read_only=True)
    name = PlainText(max_length=200)
    title = PlainText(max_length=200, allow_blank=True, default="")
    phone = Address(default="", help_text="E.164 or a national number.")
    email = serializers.EmailField(max_length=254, allow_blank=True, default="")
    keywords = serializers.ListField(
        child=PlainText(max_length=60),
        max_length=50,
        default=list,
        help_text="What callers may ask about, besides the name.",
    )
    answer_notice = PlainText(
        lines=True, max_length=2000, allow_blank=True, default="", help_text="What to tell callers."
    )
    away = serializers.SerializerMethodField(help_text="Whether an absence is in force now.")
    away_until = serializers.SerializerMethodField(
        help_text="The first moment back; null for nobody away, and while there is no end."
    )
    notice_now = serializers.SerializerMethodField(
        help_text="What to tell callers now: of an absence in force, else the answer notice."
    )
    created_at = Moment(read_only=True)
    changed_at = Moment(read_only=True)

    def _present(self, person: StaffMember) -> Presence:
        present: Presence = self.context["presence"][person.pk]
        return present

    def get_away(self, person: StaffMember) -> bool:
        return self._present(person).away

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_away_until(self, person: StaffMember) -> str | None:
        back_at = self._present(person).back_at
        return None if back_at is None else Moment().to_representation(back_at)

    def get_notice_now(self, person: StaffMember) -> str:
        return self._present(person).notice

    def details(self, person: StaffMember | None = None) -> StaffDetails:
        """Return the checked details; what a PATCH leaves out stays as it is with the person."""
        known = {name: getattr(person, name) for name in FIELDS} if person else {}
        return StaffDetails(**(known | self.validated_data))


class StaffPage(serializers.Serializer[Any]):
    """A page of the register, by name as Swedes sort."""

    results = StaffSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class AbsenceSerializer(StrictSerializer):
    """When a person is away: from its first moment up to, and not including, its end."""

    id = serializers.UUIDField(read_only=True)
    starts_at = Moment()
    ends_at = Moment(
        required=False,
        allow_null=True,
        default=None,
        help_text="The first moment back; null: until somebody ends it.",
    )
    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.OTHER)
    text = PlainText(
        lines=True,
        max_length=2000,
        allow_blank=True,
        default="",
        help_text="What to tell callers; empty: a sentence that fits the kind.",
    )
    kept_until = Moment(source="due_at", read_only=True, allow_null=True)
    created_at = Moment(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = (self._wanted(attrs, name) for name in ("starts_at", "ends_at"))
        if end is not None and end <= start:
            raise serializers.ValidationError({"ends_at": "It ends before it begins."})
        return attrs

    def _wanted(self, attrs: dict[str, Any], name: str) -> Any:
        return attrs[name] if name in attrs else getattr(self.context.get("absence"), name, None)

    def facts(self, absence: Absence | None = None) -> AbsenceFacts:
        """Return the checked facts; what a PATCH leaves out stays as it is."""
        names = ("starts_at", "ends_at", "kind", "text")
        known = {name: getattr(absence, name) for name in names} if absence else {}
        return AbsenceFacts(**(known | self.validated_data))


class AbsencePage(serializers.Serializer[Any]):
    """The absences of one person that are kept, the one that begins last first."""

    results = AbsenceSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class AbsenceQuery(PageQuery):
    """What a person's absences can be asked for."""


class StaffQuery(PageQuery):
    """What the register can be asked for."""
