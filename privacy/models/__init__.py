"""One module per concept; import the models from here."""

from privacy.models.case import Case, CaseKind, CaseState

__all__ = ["Case", "CaseKind", "CaseState"]
