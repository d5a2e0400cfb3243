"""Versions of the terms: written, published, told of, accepted."""
