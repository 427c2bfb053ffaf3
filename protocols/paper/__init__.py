"""The printed form: a document's tags -> lines -> plain text or a picture."""
