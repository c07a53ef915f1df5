"""Text in, numbers out: features, clusters, distinctive words."""
