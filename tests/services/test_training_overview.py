from pathlib import Path

from rft_app.services.training_overview import get_training_overview
from rft_app.storage.session import reading
from tests.services.stored_dataset import chat, import_rows, make_dataset


def count_traces() -> int:
    with reading() as session:
        return get_training_overview(session).num_traces


def test_only_what_a_running_application_did_is_a_trace(database: Path, tmp_path: Path) -> None:
    dataset_id = make_dataset(tmp_path, chat("Tea"), chat("Coffee"))
    assert count_traces() == 0
    import_rows(dataset_id, tmp_path, *({**chat(words), "task_id": words} for words in "abc"))
    assert count_traces() == 3
