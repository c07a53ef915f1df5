"""The `rft` command.  Never imports Reflex; verbs import what they need when they run."""

import sys

import typer
from typer._click import exceptions as usage  # typer's own click; only a part is re-exported

from rft_app.cli import (
    asking,
    calibrate,
    datasets,
    demo,
    deploying,
    dry_runs,
    exporting,
    feedback,
    from_traces,
    grader,
    grader_attack,
    grader_suggest,
    grader_try,
    grader_versions,
    importing,
    jobs,
    keys,
    provider_changing,
    providers,
    retention,
    running,
    scrubbing,
    serving,
    trace_importing,
    traces,
    training,
    training_reading,
)
from rft_app.cli.defects import describe_defect
from rft_app.cli.output import report_error
from rft_app.errors import RftError

app = typer.Typer(
    name="rft",
    help="Take LLM gateway traces to a model improved by reinforcement fine-tuning.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong use. RFT_DATA_DIR says where the data is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serving.serve)
app.command("gateway")(serving.gateway)
app.command("worker")(serving.worker)
app.command("migrate")(serving.migrate)
app.command("doctor")(serving.doctor)
app.command("import")(importing.import_file)
app.command("import-rollouts")(importing.import_rollouts)
app.command("run")(running.run)
app.add_typer(grader.app, name="grader")
app.command("export")(exporting.export)
app.command("exports")(exporting.list_exports)
app.command("formats")(exporting.formats)
app.command("demo")(demo.demo)
app.command("deploy")(deploying.deploy)
app.command("deployments")(deploying.deployments)
app.command("adjust")(deploying.adjust)
app.command("promote")(deploying.promote)
app.command("rollback")(deploying.rollback)
grader.app.command("attack")(grader_attack.attack)
grader.app.command("try")(grader_try.try_)
grader.app.command("suggest")(grader_suggest.suggest)
grader.app.command("calibrate")(calibrate.calibrate)
grader.app.command("versions")(grader_versions.versions)
grader.app.command("compare")(grader_versions.compare)
grader.app.command("restore")(grader_versions.restore)
app.add_typer(dry_runs.app, name="dry-runs")
app.add_typer(datasets.app, name="datasets")
datasets.app.command("from-traces")(from_traces.create)
app.add_typer(feedback.app, name="feedback")
app.add_typer(traces.app, name="traces")
traces.app.command("import")(trace_importing.import_traces)
traces.app.command("scrub")(scrubbing.scrub)
traces.app.command("retention")(retention.retention)
app.add_typer(keys.app, name="keys")
app.add_typer(providers.app, name="providers")
providers.app.command("change")(provider_changing.change)
app.add_typer(training.app, name="train")
training.app.command("metrics")(training_reading.metrics)
training.app.command("checkpoints")(training_reading.checkpoints)
training.app.command("rollouts")(training_reading.rollouts)
training.app.command("topics")(training_reading.topics)
training.app.command("log")(training_reading.log)
app.add_typer(jobs.app, name="jobs")
app.command("compare")(training.compare)
app.command("ask")(asking.ask)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    is_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except usage.NoArgsIsHelpError as error:
        error.show()
        code = 2
    except usage.UsageError as error:
        report_error("wrong_use", _describe_usage(error), {}, is_json=is_json)
        code = 2
    except usage.ClickException as error:
        report_error("failed", error.format_message(), {}, is_json=is_json)
        code = 1
    except RftError as error:
        report_error(error.code, error.message, error.details, is_json=is_json)
        code = 1
    except (KeyboardInterrupt, typer.Abort):
        report_error("interrupted", "Interrupted.", {}, is_json=is_json)
        code = 130
    except Exception as error:  # noqa: BLE001  # the last catch: it stores the traceback
        report_error("internal", describe_defect(error), {}, is_json=is_json)
        code = 1
    sys.exit(code or 0)


def _describe_usage(error: usage.UsageError) -> str:
    hint = f" See `{error.ctx.command_path} --help`." if error.ctx else ""
    return error.format_message() + hint
