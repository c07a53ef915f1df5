"""The domain: values and pure functions; no clock, no files, no SQL."""
