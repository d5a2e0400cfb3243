"""Shredding: how a row is destroyed, whoever asks for it.

claim → ledger → key → bytes → row and receipt. A claim is the point of no return; every step is
idempotent, so a job that lost its worker is simply carried out again. `privacy` says what is due;
a member's "delete now" comes the same way.
"""
