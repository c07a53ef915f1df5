"""Questions to a bank, of four kinds, written for these tests: a task that can be learnt."""

from collections.abc import Mapping, Sequence
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
MORE_QUESTIONS: dict[str, tuple[str, ...]] = {
    "delivery": (
        "When will the postman bring my card?",
        "The tracking page says nothing about my card",
        "I moved in last month, where was my card sent?",
        "My replacement card is late",
        "Is there a way to get my card by express?",
        "How long does a new card take to reach Spain?",
        "The envelope came but there was no card in it",
        "Has my card been printed and sent?",
        "It has been ten days, where is the card?",
        "Does somebody have to sign when the card is delivered?",
        "Can I pick up my new card at a branch?",
        "The card for my daughter has not come",
        "You told me three days, it is day nine and no card",
        "My card is late and I leave on Monday",
        "What day will the card be in my letterbox?",
        "When is my new card going to be delivered?",
        "Do you send cards on Saturdays?",
        "Was my card returned to you by the post office?",
        "I need to know when my card arrives",
        "I have waited a month for my card",
    ),
    "lost": (
        "My card was stolen on the train",
        "I think I threw my card away with the papers",
        "Help, my handbag with all cards is gone",
        "Lock my card, I do not know where it is",
        "Someone stole my phone and my card",
        "The card slipped out of my pocket while I was hiking",
        "I was robbed and they took my card",
        "My card has been missing since last night",
        "I forgot my card in a shop and it is not there now",
        "A pickpocket got my card",
        "I lost my card, please send another one",
        "My dog ran off with my card and it is gone",
        "Card missing, please stop all payments",
        "I believe my card has been stolen",
        "My card is lost somewhere in the hotel",
        "I lost both of my cards yesterday",
        "There was a break-in and my card is gone",
        "I cannot find my card since the party",
        "Block the card, I lost my whole wallet",
        "The card was taken from my desk",
    ),
    "exchange": (
        "What is the rate for Swiss francs right now?",
        "How do you set the rate for dollars?",
        "Your rate for euros is worse than the one in the news",
        "Which exchange rate do I get when I pay abroad?",
        "How often do you update the rates?",
        "Do I get the rate of the day I paid or of the day it was booked?",
        "I think the exchange rate on my trip was wrong",
        "How many euros are 50 pounds?",
        "Is there a better rate for larger sums?",
        "Explain the rate on my purchase in Tokyo",
        "Do you charge for changing dollars into euros?",
        "Why is the rate different from yesterday?",
        "What rate was used for my withdrawal in Turkey?",
        "Can you tell me today's rate for the rupee?",
        "How is the price in a foreign currency converted?",
        "Show me the rate for Danish crowns",
        "Is the rate fixed when I order currency?",
        "The rate in the app is not the rate I got",
        "Will the pound buy more dollars next week?",
        "Where can I see the current exchange rates?",
    ),
    "cancel": (
        "I need to cancel a transfer that I just made",
        "Please stop the payment to my old flat",
        "Cancel my transfer, the name was wrong",
        "How long do I have to cancel a transfer?",
        "My transfer should not go out, stop it",
        "Can you return the money that I sent by mistake?",
        "I transferred to the wrong account, can it be reversed?",
        "I do not want this transfer any more",
        "Undo my transfer of this evening",
        "Stop the transfer before it is booked",
        "I want to cancel the transfer of 200 pounds",
        "Can a payment be recalled after it was sent?",
        "I made a transfer twice, cancel the second",
        "Where is the button to cancel a transfer?",
        "Take back the transfer to the garage",
        "Please cancel what I sent to the landlord today",
        "The seller is a fraud, stop my transfer",
        "I have to revoke a transfer at once",
        "My son made a transfer with my phone, cancel it",
        "Cancel the transfer that is planned for Friday",
    ),
}
"""Enough for a training that is looked at."""
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


def list_rows(questions: Mapping[str, Sequence[str]] = QUESTIONS) -> list[dict[str, Any]]:
    """One row a question, behind one worked example; kinds take turns."""
    return [
        make_row(text, label)
        for some in zip(*questions.values(), strict=True)
        for text, label in zip(some, questions, strict=True)
    ]


def list_many_rows() -> list[dict[str, Any]]:
    """All 140 questions."""
    return list_rows({kind: (*some, *MORE_QUESTIONS[kind]) for kind, some in QUESTIONS.items()})


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
