"""Numbers that people read: of customers, cases and enquiries."""

from django.db.models import F, Max, Model

from customers.models import Counter

FIRST_NUMBER = 1001


def next_number(model: type[Model], *, first: int = FIRST_NUMBER) -> int:
    """Return the next number of the model's series, which begins at `first`, in a transaction.

    Those who ask at once come one after the other, as each transaction ends. No number is given
    twice: somebody has it on paper, though what bore it may be erased.
    """
    series = model._meta.label_lower
    mine = Counter.objects.filter(series=series)
    if not mine.update(last=F("last") + 1):  # the first one ever, or the first since there is this
        top = model._base_manager.aggregate(top=Max("number"))["top"]
        Counter.objects.get_or_create(series=series, defaults={"last": top or first - 1})
        mine.update(last=F("last") + 1)
    return mine.values_list("last", flat=True).get()
