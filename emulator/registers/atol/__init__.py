"""An emulated ATOL register: both its low levels so far."""
