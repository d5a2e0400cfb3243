"""The demo: every part on one machine from one command, and its mail in a folder a person can read.

Nothing here runs in production: `smartsvar.demo` is installed only under SMARTSVAR_DEMO=1.
"""
