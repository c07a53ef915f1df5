"""`python -m rft_app.cli`, for processes that start others."""

from rft_app.cli import main

if __name__ == "__main__":
    main()
