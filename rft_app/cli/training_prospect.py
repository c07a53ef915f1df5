"""What a training would take, before it starts."""

from rft_app.api.schemas.training_run import TrainingOutlook
from rft_app.cli.output import note, write_json
from rft_app.domain.words import count
from rft_app.services.training_orders import TrainingProspect, TrainingRequest, look_ahead
from rft_app.storage.session import reading

MINUTE = 60.0


def tell_prospect(
    dataset_id: str, request: TrainingRequest, *, is_check: bool, is_json: bool
) -> None:
    """Say what it would take and what speaks against it; as JSON where only that is asked for.

    Raises:
        RftError: The order cannot be carried out at all.
    """
    with reading() as session:
        prospect = look_ahead(session, dataset_id, request)
    if is_check and is_json:
        write_json(TrainingOutlook.of(prospect).to_json())
        return
    if prospect.notice:
        note(f"note: {prospect.notice}")
    note(_describe(prospect))
    for one in prospect.checks:
        if one.level != "ok":
            note(f"{one.level}: {one.finding} {one.remedy}".rstrip())


def _describe(prospect: TrainingProspect) -> str:
    base, estimate = prospect.base, prospect.estimate
    if base is None or estimate is None:
        there = prospect.remote_estimate
        return "" if there is None else f"{prospect.draft.base_model}: {there.formula}"
    return (
        f"{base.name}: {prospect.num_steps} steps on {prospect.outlook.num_train:,} "
        f"records, {prospect.outlook.num_held_out:,} held out"
        f"{f', on {prospect.device}' if prospect.device else ''}; "
        f"{describe_time(estimate.low_s, estimate.high_s)}, "
        f"{estimate.memory_bytes / 1e9:.1f} GB. {estimate.formula}"
    )


def describe_time(low_s: float, high_s: float) -> str:
    """How long it takes, no finer than an estimate deserves.

    Example:
        >>> describe_time(2, 5), describe_time(20, 100), describe_time(80, 85)
        ('under a minute', 'up to 2 minutes', 'about 1 minute')
        >>> describe_time(300, 1_200)
        '5 to 20 minutes'
    """
    if high_s < MINUTE:
        return "under a minute"
    low, high = round(low_s / MINUTE), round(high_s / MINUTE)
    if low_s < MINUTE:
        return f"up to {count(high, 'minute')}"
    return f"about {count(low, 'minute')}" if low == high else f"{low:,} to {high:,} minutes"
