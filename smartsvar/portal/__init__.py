"""Composition only: Mina Sidor's first page, a call's page with its message, public pages."""
