"""Rows that are no customer's: the house's own, under keys of its own."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from smartsvar.shredding.models import Shreddable
from smartsvar.vault.epochs import create_customer_keys, customer_key
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.second_factor import HOUSE


class HouseOwned(Shreddable):
    """A shreddable row of the house: sealed, indexed and shredded like a customer's."""

    class Meta(Shreddable.Meta):
        abstract = True

    @property
    def vault_customer_id(self) -> UUID:
        """No customer's: the house's own."""
        return HOUSE

    @classmethod
    def prepare(cls, rows: Sequence[Self]) -> None:
        """Seal what is to be saved; the house gets its keys at their first use."""
        try:
            customer_key(HOUSE, cls.key_class)
        except KeyLost:
            create_customer_keys(HOUSE)
        super().prepare(rows)
