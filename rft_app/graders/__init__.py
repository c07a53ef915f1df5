"""Grader kinds, one module each."""
