"""Sixty questions to a bank, of four kinds, written for these tests: a task that can be learnt."""

from typing import Any

import orjson

PROMPT = 'Reply only with JSON like {"label": "X"} where X is delivery, lost, exchange or cancel.'
QUESTIONS: dict[str, tuple[str, ...]] = {
    "delivery": (
        "When does my new card get here?",
        "I ordered a card a week ago and the letterbox is empty",
        "Can you track the post with my card in it?",
        "How many days until the card arrives?",
        "My card has not shown up yet",
        "Is my bank card on its way?",
        "The card was sent to my old house, will it come?",
        "Still waiting for the card you posted",
        "Does the card come by courier or by letter?",
        "What is the delivery time for a first card?",
        "Two weeks now and no card in the mail",
        "Where has the post taken my card?",
        "Will the card come before Friday?",
        "Can I speed up the delivery of my card?",
        "My flatmate got her card, mine is not here",
    ),
    "lost": (
        "Somebody took my purse with the card",
        "My card is gone, I think it fell out on the bus",
        "I cannot find my card anywhere",
        "Please block my card, it was stolen",
        "I left my card in a taxi",
        "A thief has my card, what now?",
        "My wallet is missing and the card was inside",
        "I dropped my card in the sea",
        "I want to report a stolen card",
        "The card is not in my bag any more",
        "My card vanished at the gym",
        "Somebody pays with my card and I do not have it",
        "How do I freeze a card that I lost?",
        "Lost my card on holiday, help",
        "My bag was snatched, card and all",
    ),
    "exchange": (
        "What rate do you use for euros?",
        "How much is a dollar with you today?",
        "Why did I get fewer pounds than I expected?",
        "Is your exchange rate the one of the market?",
        "Do you add something to the rate for yen?",
        "Which rate applied to my payment in Norway?",
        "How do you work out foreign currency prices?",
        "Can I lock in today's rate?",
        "The rate of my cash in Prague looks wrong",
        "Do rates change at the weekend?",
        "What do I get for 100 francs?",
        "Where do your currency rates come from?",
        "Is now a good time to swap kronor?",
        "The conversion to zloty was bad",
        "Tell me the rate between pounds and euros",
    ),
    "cancel": (
        "I sent money to the wrong person, stop it",
        "Can I take a transfer back?",
        "Please undo the payment that I made this morning",
        "I typed the wrong amount in a transfer",
        "Reverse my last bank transfer",
        "How do I call off a payment that is pending?",
        "I want my transfer cancelled now",
        "Stop the standing transfer to my landlord",
        "I paid twice, cancel one of them",
        "Is it too late to stop a transfer?",
        "The transfer went to an old account, revoke it",
        "I changed my mind about sending the money",
        "Withdraw the transfer that I made a minute ago",
        "Wrong account number, please halt the transfer",
        "Cancel the money that I sent to my cousin",
    ),
}
GRADER = """
import json


def grade(sample, item):
    text = sample.output_text.strip()
    try:
        found = json.loads(text)
    except ValueError:
        return 0.05 if text.startswith("{") else 0.0
    if not isinstance(found, dict) or set(found) != {"label"}:
        return 0.1
    return 1.0 if found["label"] == item["reference"] else 0.25
"""


def list_rows() -> list[dict[str, Any]]:
    """One row a question, behind one worked example; kinds take turns."""
    return [
        make_row(text, label)
        for some in zip(*QUESTIONS.values(), strict=True)
        for text, label in zip(some, QUESTIONS, strict=True)
    ]


def make_row(text: str, label: str) -> dict[str, Any]:
    """A question with its accepted answer."""
    return {
        "messages": [
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": "I lost my card"},
            {"role": "assistant", "content": write_answer("lost")},
            {"role": "user", "content": text},
            {"role": "assistant", "content": write_answer(label)},
        ],
        "reference": label,
    }


def write_answer(label: str) -> str:
    """What a model should say."""
    return orjson.dumps({"label": label}).decode()
