"""Fiscal registers: the interface (`base`), its drivers, and settling.

The worker owns a register and calls `base.Register`; nothing above knows a family. `factory` names the families.
"""
