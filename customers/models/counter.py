"""The last number given of each series."""

from django.db import models

from smartsvar.personal_data import NoPersonalData


class Counter(models.Model):
    """One series of numbers that people read; a number stays given when what bore it is erased."""

    personal_data = NoPersonalData(because="how many of a kind there have been")

    series = models.CharField(primary_key=True, max_length=60)  # the model's label
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.series
