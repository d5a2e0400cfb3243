"""A person of the staff register in the API."""

from typing import Any

from rest_framework import serializers

from customers.actions.staff import FIELDS, StaffDetails
from customers.api_fields import Address, Moment, PlainText
from customers.api_pages import PageQuery
from customers.api_strict import StrictSerializer
from customers.models import StaffMember


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
    created_at = Moment(read_only=True)
    changed_at = Moment(read_only=True)

    def details(self, person: StaffMember | None = None) -> StaffDetails:
        """Return the checked details; what a PATCH leaves out stays as it is with the person."""
        known = {name: getattr(person, name) for name in FIELDS} if person else {}
        return StaffDetails(**(known | self.validated_data))


class StaffPage(serializers.Serializer[Any]):
    """A page of the register, by name as Swedes sort."""

    results = StaffSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class StaffQuery(PageQuery):
    """What the register can be asked for."""
