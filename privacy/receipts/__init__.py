"""Receipts of deletion: signed, chained per customer, checked by anybody (docs/receipts.md)."""
