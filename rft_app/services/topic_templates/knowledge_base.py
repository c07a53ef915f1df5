"""Questions over documents, answered from what is found in them."""

from rft_app.services.topic_templates._base import TopicTemplate, branch

KNOWLEDGE_BASE = TopicTemplate(
    id="knowledge_base",
    name="Knowledge base Q&A",
    description="Questions that are answered from documents (retrieval-augmented generation).",
    branches=(
        branch(
            "Look up",
            "The answer stands somewhere in one place.",
            (
                "Fact or figure",
                "A number, a date, a name.",
                "how many, how much, when, who, what year, date, number of, where",
            ),
            (
                "Definition",
                "What a word or a thing is.",
                "what is, define, meaning, stands for, definition, abbreviation",
            ),
            (
                "Policy or rule",
                "What is allowed, due or required.",
                "policy, allowed, required, rule, must, regulation, eligible, permitted",
            ),
            (
                "Find a document",
                "Which document, form or page.",
                "find document, which document, form, link, template, where can i find, page",
            ),
        ),
        branch(
            "Work with text",
            "Something is made of what is found.",
            (
                "Summary",
                "The content in short.",
                "summarize, summary, key points, overview, in short, main idea, tl;dr",
            ),
            (
                "Extract or list",
                "All items of a kind.",
                "list all, extract, enumerate, table of, which of, names of all",
            ),
            (
                "Rewrite or translate",
                "Other words, another language.",
                "rewrite, translate, rephrase, plain language, simplify, draft",
            ),
        ),
        branch(
            "Reason",
            "The answer needs several places or a step of thought.",
            (
                "Compare",
                "What tells things, versions or options apart.",
                "compare, difference between, versus, better, advantages, pros and cons",
            ),
            (
                "Cause or explanation",
                "Why something is so.",
                "why, explain, reason for, cause, how come, because of",
            ),
            (
                "Calculation",
                "Figures put together.",
                "calculate, total, percentage, sum, average, convert, estimate",
            ),
            (
                "Case or advice",
                "What holds for a situation that is told.",
                "my situation, what should, in this case, recommend, apply to, what if",
            ),
        ),
        branch(
            "How to",
            "Steps to take.",
            (
                "Procedure",
                "What to do, in order.",
                "how to, steps, procedure, instructions, process, set up, configure",
            ),
            (
                "Troubleshooting",
                "Something does not go as described.",
                "not working, error, problem, fix, troubleshoot, fails, issue",
            ),
        ),
        branch(
            "Outside the documents",
            "What the documents cannot answer.",
            (
                "Small talk",
                "Greetings, thanks, who are you.",
                "who are you, joke, how are you, thank you, nice to meet",
            ),
            (
                "Off topic",
                "Questions on other matters.",
                "weather, recipe, movie, football, politics, stock market",
            ),
        ),
    ),
)
