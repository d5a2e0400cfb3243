"""How far the stored dates of a model follow its declaration."""

from django.db import models

from smartsvar.personal_data import NoPersonalData


class Derivation(models.Model):
    """One model's rule as its rows' dates were last derived from, or are being derived from now.

    `done` is the fingerprint that every row follows; while it differs from `rule`, a job is on its
    way through the table by primary key and `cursor` is the last row that it has seen to.
    """

    personal_data = NoPersonalData(because="a hash of a rule, and a row's id")

    model = models.CharField(primary_key=True, max_length=60)
    rule = models.CharField(max_length=64)
    done = models.CharField(max_length=64, blank=True)
    cursor = models.UUIDField(null=True)

    def __str__(self) -> str:
        return self.model
