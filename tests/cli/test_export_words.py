import pytest

from rft_app.cli.export_run import describe_skipped
from rft_app.domain.export import Lack


@pytest.mark.parametrize("lack", Lack)
def test_what_is_left_out_is_said_in_words(lack: Lack) -> None:
    assert lack.value not in describe_skipped({lack.value: 2})
