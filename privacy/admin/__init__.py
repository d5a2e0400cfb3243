"""Support's pages of this app, one module per desk."""

from privacy.admin import agreements, cases, covers, erasures, exports, purge, terms

__all__ = ["agreements", "cases", "covers", "erasures", "exports", "purge", "terms"]
