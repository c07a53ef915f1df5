"""The browser interface; with `rft_app.rft_app` the only code that knows Reflex."""
