"""Recordings and permissions to listen, as support sees them."""

from recordings.admin import grants, recordings

__all__ = ["grants", "recordings"]
