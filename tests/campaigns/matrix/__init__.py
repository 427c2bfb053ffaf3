"""The whole exactly-once matrix: every call × command × fault × register. `python -m matrix` (`make conformance`)."""
