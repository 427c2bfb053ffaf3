"""The Shtrih-M driver."""
