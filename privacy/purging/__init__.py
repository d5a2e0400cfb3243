"""What is due goes: the purge, its runs and its alarm, and what is derived from the declarations.

`due` derives the dates, `derivations` derives them anew when a declaration changes, `purge`
destroys, `runs` keeps account, `alarm` rings, `outlook` looks ahead. `orphans` sweeps what no row
names, `lost_keys` what no key opens.
"""
