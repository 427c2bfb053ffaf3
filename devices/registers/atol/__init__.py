"""ATOL registers of platform 2.5, by their own protocols 2 and 3."""
