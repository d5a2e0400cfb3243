"""The audit trail: who did what to which object, when. Facts, not content.

`record()` writes an entry in the action's own transaction; a sealer walks committed entries and
chains them; the verifier finds every edit, deletion and truncation.
"""
