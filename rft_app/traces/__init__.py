"""Parsers, one module per row shape: a source row in, a trace out."""
