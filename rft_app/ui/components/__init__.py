"""Reusable pieces of page: pure functions of variables."""
