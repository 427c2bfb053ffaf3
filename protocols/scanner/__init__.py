"""What scanners send: AIM ids, vendors' symbology bytes, HID-POS reports, serial frames, key events of a US keyboard.

What is in a code is `protocols.marking`'s; here a code is only taken out of its wrapping.
"""
