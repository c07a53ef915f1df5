"""Thoughts that models write before they answer, which are no part of the answer."""

import re

_TAG = re.compile(r"<(/?)(?:think|thinking|thought)>", re.IGNORECASE)


def strip_thoughts(text: str) -> str:
    """The text without `<think>…</think>`; nothing where the thoughts it begins with do not end.

    Some templates open the block in the prompt, so that the reply only closes it.

    Example:
        >>> strip_thoughts('<think>Maybe {"score": 1}?</think> {"score": 4}')
        ' {"score": 4}'
        >>> strip_thoughts("Maybe 1?</think>4"), strip_thoughts("<think>Maybe 1?")
        ('4', '')
    """
    kept: list[str] = []
    begin, opened_at = 0, -1
    for tag in _TAG.finditer(text):
        is_end, is_open = bool(tag[1]), opened_at >= 0
        if is_open and is_end:
            kept.append(text[begin:opened_at])
        elif is_end:
            kept.clear()
        elif not is_open:
            opened_at = tag.start()
        if is_end:
            begin, opened_at = tag.end(), -1
    if opened_at >= 0 and not ("".join(kept) + text[begin:opened_at]).strip():
        return ""
    return "".join([*kept, text[begin:]])
