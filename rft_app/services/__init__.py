"""Use cases that the edges call."""
