"""Doors of the portal by which a customer uses its rights."""
