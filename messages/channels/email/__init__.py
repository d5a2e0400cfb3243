"""Handing a message over by e-mail."""
