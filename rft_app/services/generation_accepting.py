"""The job that accepts all generated records that pass."""

from typing import Any

from rft_app.jobs.context import JobContext
from rft_app.services.generation_review import ACCEPT_GENERATED, accept, list_passing
from rft_app.storage.session import unit_of_work

ACCEPTED_AT_ONCE = 200


class AcceptGenerated:
    """Makes records of all candidates that pass every check."""

    name = ACCEPT_GENERATED
    label = "Acceptance of generated records"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Accept in chunks, each in one transaction; a re-run goes on with those that wait."""
        dataset_id = context.required_dataset_id
        run_id, num_accepted = context.args.get("run_id"), 0
        num_left = 1
        while num_left:
            with unit_of_work() as session:
                ids, num_left = list_passing(session, dataset_id, run_id, ACCEPTED_AT_ONCE)
                num_accepted += len(accept(session, dataset_id, ids))
            total = num_accepted + num_left
            context.progress(num_accepted, total, f"{num_accepted:,} of {total:,} accepted")
        return {"accepted": num_accepted}
