"""Permit mode (разрешительный режим, ППРФ 1944): may this unit be sold? Asked of the marking system before a sale."""

from gateway.marking.permit.build import build
from gateway.marking.permit.model import Asked, Source, Verdict
from gateway.marking.permit.service import DECREE, Permit, is_requisite, requisite
from gateway.marking.permit.settings import PermitSettings

__all__ = ["DECREE", "Asked", "Permit", "PermitSettings", "Source", "Verdict", "build", "is_requisite", "requisite"]
