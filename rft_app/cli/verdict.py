"""A dry run's verdict in words."""

from collections.abc import Iterator

from rft_app.cli.output import write_line, write_table
from rft_app.domain import words
from rft_app.domain.dry_run import DryRun, DryRunReport
from rft_app.domain.dry_run_rules import RowStatus, RuleRow
from rft_app.domain.measured import Measure
from rft_app.domain.paid import JudgeUse, PaidTotals
from rft_app.errors import ConflictError


def print_verdict(dry_run: DryRun) -> None:
    """The verdict, the figures, and the table of rules with their values.

    Raises:
        ConflictError: The dry run has no report yet.
    """
    report = require_report(dry_run)
    write_line(f"{report.verdict}: {report.verdict.meaning}")
    write_line(
        f"Dry run {dry_run.number}: {report.num_graded:,} of "
        f"{words.count(report.num_rollouts, 'rollout')} of "
        f"{words.count(report.num_records, 'record')} graded, {report.num_failed:,} failed"
        f"{_describe_abstentions(report)}"
    )
    for kind, count in report.failures.items():
        write_line(f"  {count:>7,}  {kind.value}, first {report.failure_examples.get(kind, '')}")
    if found := report.statistics:
        write_line(
            f"mean {found.mean:.3f} · sd {found.sd:.3f} · median {found.median:.3f} · "
            f"{found.share_positive:.1%} above 0 · {found.share_one:.1%} equal to 1"
        )
    for one in report.criteria:
        write_line(f"  {one.name}: mean {one.mean:.3f}, {one.low:g} to {one.high:g}")
    if report.votes is not None:
        write_line(f"votes agree {report.votes.mean_agreement:.1%} on average")
    if report.passed_share is not None:
        write_line(f"{report.passed_share:.1%} passed, from {report.pass_threshold:g} on")
    for line in _describe_answers(report):
        write_line(line)
    write_line()
    write_table(
        ("RULE", "VALUE", "NO GO", "CAUTION", "SAYS", "BLAMES"), (_row(row) for row in report.rules)
    )
    for line in _advise(report):
        write_line(line)


def _advise(report: DryRunReport) -> Iterator[str]:
    """Where most failures lie, why rules do not apply, and what to do about those broken."""
    for row in report.rules:
        if row.measure is Measure.FAILURE_RATE and row.note and row.status.is_bad:
            yield row.note
        if row.status is RowStatus.NOT_APPLICABLE:
            yield f"{row.label} does not apply. {row.note}"
    for advice in report.advice:
        yield f"→ {advice.sentence}"
    if report.notice:
        yield report.notice
    yield from report.hints


def _describe_abstentions(report: DryRunReport) -> str:
    if not report.num_abstained:
        return ""
    share = f"{report.abstention_share or 0:.1%}"
    return f", {report.num_abstained:,} abstained ({share}), first {report.abstention_example}"


def _describe_answers(report: DryRunReport) -> Iterator[str]:
    """How often answers pass, and which models were asked for them and about them."""
    if (rates := report.pass_rates) is not None:
        several = f" · pass@{rates.k} {rates.pass_at_k:.1%}" if rates.k > 1 else ""
        yield (
            f"pass@1 {rates.pass_at_1:.1%}{several} "
            f"at {rates.threshold:g} or more, {words.count(rates.num_groups, 'record')}"
        )
    if report.num_not_sampled:
        missing = words.count(report.num_not_sampled, "answer")
        yield f"{missing} not given by the model, first {report.not_sampled_example}"
    if report.sampler is not None:
        yield _describe_use("answered", report.sampler)
    if report.judge is not None:
        yield _describe_use("judged", report.judge)


def _describe_use(did: str, use: JudgeUse) -> str:
    paid, calls = use.paid, words.count(use.paid.num_calls, "call")
    is_free = paid.num_calls and paid.cost_usd == 0
    price = f"{calls}, no cost" if is_free else f"{calls} paid, {describe_cost(paid)}"
    told = [f"{did} by {use.model} · {price}", paid.lost, use.note]
    return "; ".join(part for part in told if part)


def describe_cost(paid: PaidTotals) -> str:
    """What is known of a cost, and for how many calls it is not."""
    if paid.cost_usd is not None:
        return f"${paid.cost_usd:.4f}"
    if not paid.known_usd:
        return "cost unknown"
    return f"${paid.known_usd:.4f}, unknown for {words.count(paid.num_unpriced, 'call')}"


def require_report(dry_run: DryRun) -> DryRunReport:
    """The report of a finished dry run.

    Raises:
        ConflictError: It has none yet.
    """
    if dry_run.report is None:
        raise ConflictError(f"Dry run {dry_run.number} has not finished; run it again.")
    return dry_run.report


def _row(row: RuleRow) -> tuple[str, ...]:
    return (
        row.label,
        row.shown_value,
        row.no_go or "–",
        row.caution,
        row.status.value.replace("_", " "),
        row.blames if row.status.is_bad else "",
    )
