"""REST: routes, wire schemas, error envelope."""
