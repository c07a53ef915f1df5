"""Mains of child processes."""
