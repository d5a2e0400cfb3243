"""One module per concept; import the models from here."""

from privacy.models.case import Case, CaseKind, CaseState, Telling
from privacy.models.derivation import Derivation
from privacy.models.erasure import Erasure, ErasureBatch, ErasureState, Mentions
from privacy.models.export import Export, ExportPage, ExportState
from privacy.models.receipt import SignedReceipt, SigningKey
from privacy.models.run import PurgeRun, Watch

__all__ = [
    "Case",
    "CaseKind",
    "CaseState",
    "Derivation",
    "Erasure",
    "ErasureBatch",
    "ErasureState",
    "Export",
    "ExportPage",
    "ExportState",
    "Mentions",
    "PurgeRun",
    "SignedReceipt",
    "SigningKey",
    "Telling",
    "Watch",
]
