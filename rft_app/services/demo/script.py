"""The demo's grader."""

_SCRIPT = '''\
"""Does the last message tell the traveller all that counts, and was the work really done?"""

import re


def grade(sample, item):
    expected = item["expected"]
    text = sample["output_text"]
    checks = [expected["code"] in text, was_called(item["messages"], expected["tool"])]
    if expected["amount"] is not None:
        checks.append(names_amount(text, expected["amount"]))
    checks += [fact in text for fact in expected["mentions"]]
    score = sum(checks) / len(checks)
    return score if len(text.split()) <= 60 else score / 2


def was_called(messages, tool):
    calls = [call for message in messages for call in message.get("tool_calls") or []]
    return any(call["function"]["name"] == tool for call in calls)


def names_amount(text, amount):
    numbers = re.findall(r"\\d[\\d,]*\\.\\d\\d", text)
    return any(abs(float(number.replace(",", "")) - amount) < 0.005 for number in numbers)
'''


def demo_grader_script() -> str:
    """A script grader for the demo: Python with `grade(sample, item) -> float`."""
    return _SCRIPT
