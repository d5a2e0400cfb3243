"""Verbs of the tenant: open a customer, invite and remove members, keep the register, make keys."""
