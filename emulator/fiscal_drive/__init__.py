"""An emulated fiscal drive (ФН): the numbering, signing, archive and rules that every register family shares."""

from emulator.fiscal_drive.documents import StoredDocument
from emulator.fiscal_drive.drive import FiscalDrive
from emulator.fiscal_drive.errors import DriveError
from emulator.fiscal_drive.marking import Sold
from emulator.fiscal_drive.registration import Registration, default_registration
from emulator.fiscal_drive.state import Backlog, Factory, Resource

__all__ = [
    "Backlog",
    "DriveError",
    "Factory",
    "FiscalDrive",
    "Registration",
    "Resource",
    "Sold",
    "StoredDocument",
    "default_registration",
]
