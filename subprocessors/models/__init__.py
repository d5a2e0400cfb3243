"""The register and the notices; import the models from here."""

from subprocessors.models.notice import Notice, Objection, Told
from subprocessors.models.register import Agreement, Engagement, Subprocessor

__all__ = ["Agreement", "Engagement", "Notice", "Objection", "Subprocessor", "Told"]
