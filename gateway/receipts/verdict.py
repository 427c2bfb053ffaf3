"""The body of `POST /receipts/{id}/resolve`."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from gateway.receipts.faults import BodyFaults, from_pydantic
from gateway.receipts.schema import Model
from gateway.receipts.values import DocumentNumber, Flag
from protocols.ffd.faults import Fault


class VerdictBody(Model):
    """What a person found on the paper or in the OFD's cabinet."""

    exists: Flag
    document: DocumentNumber | None = None


def accept_verdict(raw: Any) -> VerdictBody:
    """The checked verdict; BodyFaults otherwise."""
    try:
        verdict = VerdictBody.model_validate(raw)
    except ValidationError as error:
        raise BodyFaults(from_pydantic(error)) from error
    if verdict.exists and verdict.document is None:
        raise BodyFaults([Fault("/document", "required", "the number (ФД) of the document that exists")])
    if not verdict.exists and verdict.document is not None:
        raise BodyFaults([Fault("/document", "unknown_key", "a document that does not exist has no number")])
    return verdict
