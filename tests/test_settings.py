from rft_app.settings import read_settings
from rft_app.ui.words import size


def test_the_limits_read_the_same_in_documents_and_messages() -> None:
    settings = read_settings({})

    assert (size(settings.max_file_bytes), size(settings.max_line_bytes)) == ("5 GB", "4 MB")
