"""Signed statements of each step: submission, refusal, relay, consignment, handover, receipt, destruction and more.

One party signs one statement of one step, and cannot deny it afterwards; a receipt repeats what the sender signed.
Keys (from the envelope), instants, ids and canonical JSON may come in; no store, no clock, no decision.
"""

from relto.core.evidence.evidence import EVIDENCE_KINDS, Evidence, EvidenceKind, check_receipt
from relto.core.evidence.signed import MAX_JWS_BYTES, Signers, sign_evidence, sign_together, signed_by, verify_evidence

__all__ = [
    "EVIDENCE_KINDS",
    "MAX_JWS_BYTES",
    "Evidence",
    "EvidenceKind",
    "Signers",
    "check_receipt",
    "sign_evidence",
    "sign_together",
    "signed_by",
    "verify_evidence",
]
