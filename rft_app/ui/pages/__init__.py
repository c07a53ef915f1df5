"""Routes: one module per page, each composes components."""
