"""An OFD on the network and the register's hand that sends documents to it."""

from emulator.ofd.server import Behaviour, OfdServer, ReceivedDocument
from emulator.ofd.uplink import uplink

__all__ = ["Behaviour", "OfdServer", "ReceivedDocument", "uplink"]
