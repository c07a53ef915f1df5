"""What a judge's own noise does to the spread of rewards."""

from rft_app.domain.grader import GraderSpec, JudgeSpec, list_asking


def tell_judge_noise(spec: GraderSpec) -> str:
    """That a judge which is asked once at a temperature may itself make rewards differ.

    Empty where each answer is judged several times, at temperature 0, or by no model.

    Example:
        >>> prompt = "{{sample.output_text}}"
        >>> tell_judge_noise(JudgeSpec(prompt=prompt, temperature=0.7))[:54]
        'Part of the learnable share may be the judge’s own noi'
        >>> tell_judge_noise(JudgeSpec(prompt=prompt, temperature=0.7, num_votes=3))
        ''
    """
    noisy = [
        part
        for part in list_asking(spec).values()
        if part.temperature > 0 and not (isinstance(part, JudgeSpec) and part.num_votes > 1)
    ]
    if not noisy:
        return ""
    hottest = max(part.temperature for part in noisy)
    votes = "ask with 3 votes, or " if any(isinstance(part, JudgeSpec) for part in noisy) else ""
    return (
        "Part of the learnable share may be the judge’s own noise: each answer was judged once, at "
        f"temperature {hottest:g}, so answers that are as good can get different rewards. To tell: "
        f"{votes}compare it with people’s labels (calibration)."
    )
