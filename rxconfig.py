"""Reflex configuration."""
