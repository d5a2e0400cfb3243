"""An export in the API: what is asked, and how far it has come. The archive is not fetched here."""

from typing import Any

from rest_framework import serializers

from customers.actions.covers import About
from customers.api_fields import Address, Moment
from customers.api_pages import PageQuery
from customers.api_strict import StrictSerializer
from customers.models import Customer, Target
from privacy.models import CaseKind, Export, ExportState

ABOUT = [target for target in Target.values if target != Target.RECORD]
KINDS = [CaseKind.ACCESS.value, CaseKind.PORTABILITY.value]


class NewExportSerializer(StrictSerializer):
    """Whom the export is about."""

    about = serializers.ChoiceField(ABOUT)
    caller_number = Address(required=False, default="", help_text="For a caller: the number, or …")
    caller_email = serializers.EmailField(
        required=False, default="", max_length=254, help_text="… the e-mail address."
    )
    id = serializers.UUIDField(
        required=False, default=None, allow_null=True, error_messages={"invalid": "Not a UUID."},
        help_text="For a member or a person of the staff register.",
    )  # fmt: skip
    kind = serializers.ChoiceField(KINDS, default=CaseKind.ACCESS.value)
    language = serializers.ChoiceField(
        ["sv", "en"],
        required=False,
        default="",
        help_text="Of its pages; the customer's own if it is not said.",
    )

    def validate(self, attrs: Any) -> Any:
        about = attrs["about"]
        named = [each for each in (attrs["caller_number"], attrs["caller_email"]) if each]
        if len(named) != (about == Target.CALLER):
            field = {"caller_number": "A caller is named by number or by e-mail; nothing else is."}
            raise serializers.ValidationError(field, "invalid")
        if (about in {Target.MEMBER, Target.STAFF}) != (attrs["id"] is not None):
            field = {"id": "A member or a person of the register is named by id, nothing else is."}
            raise serializers.ValidationError(field, "invalid")
        return attrs

    def asked(self, customer: Customer) -> dict[str, Any]:
        """Return what the customer's key asked, as the action takes it."""
        said = self.validated_data
        about = About(
            target=Target(said["about"]), caller=said["caller_number"] or said["caller_email"],
            object_id=said["id"],
        )  # fmt: skip
        language = said["language"] or customer.language
        return {"about": about, "kind": CaseKind(said["kind"]), "language": language}


class ExportSerializer(serializers.Serializer[Export]):
    """An export as the API answers it."""

    id = serializers.UUIDField()
    about = serializers.ChoiceField(Target.choices, source="target")
    state = serializers.ChoiceField(ExportState.choices)
    records = serializers.IntegerField(source="done", help_text="Records collected so far.")
    of = serializers.IntegerField(
        source="total", allow_null=True, help_text="Records found; null before collecting began."
    )
    asked_at = Moment()
    ready_at = Moment(allow_null=True)
    kept_until = Moment(source="due_at", help_text="When it is deleted.")
    page = serializers.SerializerMethodField(
        help_text="Where an administrator fetches it, signed in."
    )

    def get_page(self, export: Export) -> str:
        return f"{self.context['site']}{self.context['address'](export)}"


class ExportPageSerializer(serializers.Serializer[Any]):
    """A page of exports, newest first."""

    results = ExportSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class ExportQuery(PageQuery):
    """What the list can be asked for."""
