"""The fiscal drive's own formats: OFD containers, short archive records, statuses and error numbers."""
