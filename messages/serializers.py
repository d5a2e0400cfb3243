"""A phone message in the API: what is sent, what is answered, what a list is asked for."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from customers.api_fields import (
    CLOCK_SLACK,
    Address,
    Caller,
    Moment,
    PlainText,
    ShownStaff,
    StaffReference,
)
from customers.api_pages import PageQuery
from customers.api_strict import StrictSerializer
from messages.actions import MessageFacts
from messages.models import Delivery, PhoneMessage


class NewMessageSerializer(StrictSerializer):
    """What the caller asked us to pass on."""

    matter = PlainText(lines=True, max_length=5000, help_text="What it is about, in plain text.")
    taken_at = Moment(required=False, help_text="When the caller said it; by default now.")
    caller_number = Caller(required=False, default="")
    caller_name = PlainText(required=False, default="", allow_blank=True, max_length=200)
    caller_company = PlainText(required=False, default="", allow_blank=True, max_length=200)
    caller_email = serializers.EmailField(
        required=False, default="", allow_blank=True, max_length=254
    )
    called_number = Address(required=False, default="")
    call_id = PlainText(required=False, default="", allow_blank=True, max_length=200)
    staff = StaffReference(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whom it is for, from staff/; by default the customer's own address.",
    )

    def validate_taken_at(self, value: Any) -> Any:
        if value > timezone.now() + CLOCK_SLACK:
            raise serializers.ValidationError(
                "The message is taken in the future.", "in_the_future"
            )
        return value

    def facts(self, **defaults: Any) -> MessageFacts:
        """Return the checked facts."""
        return MessageFacts(**(defaults | self.validated_data))


class DeliverySerializer(serializers.Serializer[Delivery]):
    """How far a hand-over has come. The address is not shown here."""

    channel = serializers.ChoiceField(Delivery.Channel.choices)
    state = serializers.ChoiceField(Delivery.State.choices)
    attempts = serializers.IntegerField()
    created_at = Moment()
    settled_at = Moment(allow_null=True)


class MessageSerializer(serializers.Serializer[PhoneMessage]):
    """A message as the API answers it."""

    id = serializers.UUIDField()
    taken_at = Moment()
    received_at = Moment()
    kept_until = Moment(source="due_at", help_text="When it will be destroyed at the latest.")
    read_at = Moment(allow_null=True, help_text="When somebody read it on Mina Sidor.")
    handled_at = Moment(allow_null=True, help_text="When somebody said that it is dealt with.")
    assigned = serializers.SerializerMethodField(help_text="Whether a member is to deal with it.")
    caller_number = Caller()
    caller_name = PlainText()
    caller_company = PlainText()
    caller_email = serializers.CharField()
    called_number = PlainText()
    matter = PlainText()
    call_id = PlainText()
    staff = ShownStaff(allow_null=True)
    deliveries = DeliverySerializer(many=True)

    def get_assigned(self, message: PhoneMessage) -> bool:
        return message.assigned_to_id is not None


class MessageChange(StrictSerializer):
    """What can be changed of a message: whether it is dealt with."""

    handled = serializers.BooleanField(help_text="True: dealt with. False: not, after all.")


class MessagePage(serializers.Serializer[Any]):
    """A page of messages, newest first."""

    results = MessageSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class MessageQuery(PageQuery):
    """What a list of messages can be asked for."""

    taken_after = Moment(required=False, help_text="Messages taken then or later.")
    taken_before = Moment(required=False, help_text="Messages taken before then.")
    caller = Address(required=False, help_text="From this number or address, or withheld.")
    call_id = PlainText(required=False, max_length=200)
    staff = serializers.UUIDField(required=False, error_messages={"invalid": "Not a UUID."})
    handled = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Only those dealt with, or not."
    )
