"""Browser state: view models and the events that change them."""
