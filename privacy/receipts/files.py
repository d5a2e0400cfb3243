"""A customer's receipts as a file: what the verifier reads."""

import json
from collections.abc import Iterator
from uuid import UUID

from privacy.models import SignedReceipt

FORMAT = "smartsvar receipts of deletion, version 1"
PAGE = 500


def entry(receipt: SignedReceipt) -> str:
    """Return one receipt as JSON: the fact that was signed, and its signature."""
    return f'{{"fact":{receipt.fact},"signature":{json.dumps(receipt.signature)}}}'


def chain_of(customer_id: UUID) -> Iterator[str]:
    """Yield the whole chain of a customer, oldest first, a page at a time."""
    yield f'{{"format":{json.dumps(FORMAT)},"receipts":['
    rows = SignedReceipt.objects.filter(customer_id=customer_id).order_by("sequence")
    last = 0
    while page := list(rows.filter(sequence__gt=last)[:PAGE]):
        for receipt in page:
            yield (",\n" if last else "\n") + entry(receipt)
            last = receipt.sequence
    yield "\n]}\n"


def single(receipt: SignedReceipt) -> str:
    """Return a file of one receipt."""
    return f'{{"format":{json.dumps(FORMAT)},"receipts":[\n{entry(receipt)}\n]}}\n'
