"""What a customer's first page remembers of the papers that wait for it, by a name in the cache.

Which they are is privacy's to say (privacy/waiting.py). Whoever signs, accepts or objects forgets
it, also from an app that privacy builds on: so the name stands here.
"""

from uuid import UUID

from django.core.cache import cache


def remembered_as(customer_id: UUID) -> str:
    """Return the name in the cache."""
    return f"papers:{customer_id}"


def forget(customer_id: UUID) -> None:
    """Look anew the next time. To be called when what changed is committed."""
    cache.delete(remembered_as(customer_id))
