"""Shapes on the wire: the spec's types, and conversions from the domain to them.

Names follow the spec's TypeScript, in camelCase on the wire.  Nothing here imports FastAPI, so
that the command line prints the same objects.
"""
