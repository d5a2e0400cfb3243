"""Idempotency-Key: what a repeated request is answered with.

Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

from django.db import models

from customers.models.api_key import ApiKey
from customers.models.customer import Customer
from smartsvar.ids import new_id
from smartsvar.personal_data import NoPersonalData


class IdempotentRequest(models.Model):
    """One key of one credential and customer, kept for 24 hours: what it made, no content."""

    personal_data = NoPersonalData(because="hashes, ids and times of requests made by systems")
    # What was hashed is not kept: a rotation leaves the old index key until these rows are gone.
    index_marks_since = "created_at"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    name_hash = models.BinaryField(max_length=32)
    fingerprint = models.BinaryField(max_length=32, null=True)
    object_id = models.UUIDField(null=True)
    lease_until = models.DateTimeField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_key", "customer", "name_hash"], name="one_request_per_idempotency_key"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
