"""Support's pages of this app, one module per desk."""

from privacy.admin import cases, covers, exports, purge

__all__ = ["cases", "covers", "exports", "purge"]
