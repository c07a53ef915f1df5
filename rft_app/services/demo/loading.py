"""Put the demo into the database."""

from sqlmodel import Session

from rft_app.domain.grader import ScriptSpec
from rft_app.domain.job import Job
from rft_app.services.datasets import create_dataset
from rft_app.services.demo.script import demo_grader_script
from rft_app.services.demo.writing import write_demo_file
from rft_app.services.graders import save_grader
from rft_app.services.imports import start_import
from rft_app.settings import get_settings
from rft_app.storage.ids import new_id

DEMO_NAME = "travel-booking-agent"
DEMO_OBJECTIVE = (
    "Answer travellers of a booking agency: do what they ask with the tools, then confirm in one "
    "short message that names the booking code and every amount."
)


def load_demo(session: Session) -> Job:
    """Create the demo dataset with its grader, and start its import; the job names the dataset."""
    dataset = create_dataset(session, name=DEMO_NAME, objective=DEMO_OBJECTIVE, source="gateway")
    save_grader(session, dataset.id, ScriptSpec(source=demo_grader_script()))
    path = get_settings().folder("uploads") / f"{new_id('demo')}.jsonl"
    write_demo_file(path)
    return start_import(
        session, dataset_id=dataset.id, path=path, file_name="travel-booking-agent.jsonl"
    )
