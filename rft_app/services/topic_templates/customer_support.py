"""An agent that answers the customers of a service."""

from rft_app.services.topic_templates._base import TopicTemplate, branch

CUSTOMER_SUPPORT = TopicTemplate(
    id="customer_support",
    name="Customer support",
    description="An agent that answers customers of a service with accounts and invoices.",
    branches=(
        branch(
            "Account",
            "Signing in, personal data, and the account itself.",
            (
                "Sign-in trouble",
                "Password forgotten, locked out, codes that do not arrive.",
                "password, log in, sign in, login, locked out, verification code, two-factor",
            ),
            (
                "Personal data",
                "Change of name, address, e-mail or phone number.",
                "change address, email address, phone number, update details, new address, profile",
            ),
            (
                "Close account",
                "Delete the account, or take data along.",
                "close account, delete account, remove account, delete data, export data",
            ),
        ),
        branch(
            "Billing",
            "Money that was charged or is to be paid.",
            (
                "Invoice question",
                "What a charge is for, a missing invoice, tax details.",
                "invoice, charge, receipt, tax, billing statement, explain bill",
            ),
            (
                "Payment failed",
                "A card is declined or a payment is not seen.",
                "payment failed, card declined, payment method, new card, pay, bank transfer",
            ),
            (
                "Refund",
                "Money back for a charge, and where it is.",
                "refund, money back, charged twice, double charge, reimburse",
            ),
        ),
        branch(
            "Subscription",
            "Which plan, from when, until when.",
            (
                "Change plan",
                "Upgrade, downgrade, more seats.",
                "upgrade, downgrade, change plan, switch plan, more seats, premium",
            ),
            (
                "Cancel subscription",
                "End it, pause it, stop the renewal.",
                "cancel subscription, stop renewal, pause subscription, end contract, unsubscribe",
            ),
            (
                "Plan question",
                "What a plan holds and costs.",
                "plan include, price, pricing, discount, trial, feature included",
            ),
        ),
        branch(
            "Technical problem",
            "Something does not work as it should.",
            (
                "Error message",
                "A message or code that appears.",
                "error message, error code, crash, bug, fails, exception",
            ),
            (
                "Outage or slowness",
                "The service is down or slow.",
                "outage, down, slow, unavailable, timeout, not load, offline",
            ),
            (
                "Set-up and devices",
                "Installation, connection, devices.",
                "install, set up, connect, device, browser, app, update version",
            ),
        ),
        branch(
            "Service",
            "The relation to the company.",
            (
                "How-to question",
                "How something is done in the product.",
                "how to, where find, instructions, tutorial, guide, feature",
            ),
            (
                "Complaint",
                "Dissatisfaction with an answer, a person or a delay.",
                "complaint, unacceptable, disappointed, terrible service, manager, escalate",
            ),
            (
                "Talk to a person",
                "Wants a human or a call.",
                "human, real person, representative, call back, speak to someone",
            ),
        ),
    ),
)
