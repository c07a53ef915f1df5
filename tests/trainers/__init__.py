"""Trainers, and one that follows a script."""

from pathlib import Path


def scripted_child_path() -> Path:
    """The trainer that follows a script."""
    return Path(__file__).with_name("scripted_child.py")
