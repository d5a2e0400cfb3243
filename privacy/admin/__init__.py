"""Support's pages of this app, one module per desk."""

from privacy.admin import cases, covers, erasures, exports, purge

__all__ = ["cases", "covers", "erasures", "exports", "purge"]
