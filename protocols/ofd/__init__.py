"""The OFD's network protocol: session header and messages, operator confirmations."""
