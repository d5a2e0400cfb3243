"""Measurements beside their floor in the same run: `make bench`. Never part of the tests.

Runs on the services of the PostgreSQL stack. Absolute figures drift between machines; the ratios
are what to look at. Aims are printed with each figure, and nothing here fails.
"""
