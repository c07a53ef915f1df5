"""When the embedded model's process may end."""

from rft_app.processes.embedded_model import LONELY_S, Idleness


def metrics(tokens: int, processing: int = 0) -> str:
    return (
        "# TYPE llamacpp:tokens_predicted_total counter\n"
        f"llamacpp:tokens_predicted_total {tokens}\nllamacpp:requests_processing {processing}\n"
    )


def test_it_is_idle_since_the_last_token() -> None:
    idleness = Idleness(60.0, now=0.0)
    assert not idleness.note(metrics(1), has_users=True, now=1)
    assert not idleness.note(metrics(2), has_users=True, now=50)
    assert not idleness.note(metrics(2), has_users=True, now=110)
    assert idleness.note(metrics(2), has_users=True, now=111)


def test_a_call_that_takes_long_is_waited_for_though_its_caller_is_gone() -> None:
    idleness = Idleness(60.0, now=0.0)
    assert not idleness.note(metrics(1, processing=1), has_users=False, now=500)
    assert not idleness.note(metrics(1), has_users=True, now=501)


def test_it_does_not_rest_while_a_deployment_needs_it() -> None:
    idleness = Idleness(60.0, now=0.0)
    assert not idleness.note(metrics(1), has_users=True, now=500, is_needed=True)
    assert not idleness.note(metrics(1), has_users=True, now=559)
    assert idleness.note(metrics(1), has_users=True, now=561)


def test_it_does_not_outlive_all_who_asked() -> None:
    idleness = Idleness(600.0, now=0.0)
    assert not idleness.note(metrics(1), has_users=True, now=10)
    assert not idleness.note(metrics(1), has_users=False, now=10 + LONELY_S)
    assert idleness.note(metrics(1), has_users=False, now=11 + LONELY_S)
