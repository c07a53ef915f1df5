"""The seven steps, one module each, all the same shape."""
