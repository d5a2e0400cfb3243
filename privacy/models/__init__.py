"""One module per concept; import the models from here."""

from privacy.models.agreement import SignedAgreement, Signing
from privacy.models.case import Case, CaseKind, CaseState, Telling
from privacy.models.derivation import Derivation
from privacy.models.erasure import Erasure, ErasureBatch, ErasureState, Mentions
from privacy.models.erasure_notice import ErasureNotice, NoticeKind
from privacy.models.export import Export, ExportPage, ExportState
from privacy.models.policy_version import PolicyVersion
from privacy.models.receipt import SignedReceipt, SigningKey
from privacy.models.run import PurgeRun, Watch
from privacy.models.storage_look import StorageLook
from privacy.models.terms import Acceptance, Terms, TermsKind, TermsNotice

__all__ = [
    "Acceptance",
    "Case",
    "CaseKind",
    "CaseState",
    "Derivation",
    "Erasure",
    "ErasureBatch",
    "ErasureNotice",
    "ErasureState",
    "Export",
    "ExportPage",
    "ExportState",
    "Mentions",
    "NoticeKind",
    "PolicyVersion",
    "PurgeRun",
    "SignedAgreement",
    "SignedReceipt",
    "Signing",
    "SigningKey",
    "StorageLook",
    "Telling",
    "Terms",
    "TermsKind",
    "TermsNotice",
    "Watch",
]
