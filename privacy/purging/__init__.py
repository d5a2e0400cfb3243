"""What is due goes: the purge, its runs and its alarm, and what is derived from the declarations.

`due` derives the dates, `derivations` derives them anew when a declaration changes, `purge`
destroys, `runs` keeps account, `alarm` rings, `outlook` looks ahead, `kept` says what stays.
`orphans` sweeps what no row names; `lost_keys` finds what no key opens, `lost_bytes` whose bytes
are gone.
"""
