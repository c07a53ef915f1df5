"""Durable execution: enqueue, progress, cancel, resume.  Knows no step."""
