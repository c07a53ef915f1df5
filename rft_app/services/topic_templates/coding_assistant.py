"""An assistant that works on code."""

from rft_app.services.topic_templates._base import TopicTemplate, branch

CODING_ASSISTANT = TopicTemplate(
    id="coding_assistant",
    name="Coding assistant",
    description="An assistant that writes, changes and explains code.",
    branches=(
        branch(
            "Write code",
            "New code from a description.",
            (
                "Function or script",
                "A self-contained piece that does one thing.",
                "write function, script, implement, algorithm, program that, snippet",
            ),
            (
                "Feature in a code base",
                "New behaviour in code that is there.",
                "add feature, new endpoint, extend, integrate, component, support for",
            ),
            (
                "Scaffold a project",
                "Files, configuration and structure to start from.",
                "boilerplate, scaffold, new project, project structure, template, starter",
            ),
        ),
        branch(
            "Fix code",
            "Code that does not do what it should.",
            (
                "Error or crash",
                "A stack trace or a message to get rid of.",
                "error, exception, traceback, stack trace, crash, undefined, cannot read",
            ),
            (
                "Wrong behaviour",
                "It runs, but the outcome is wrong.",
                "wrong result, unexpected, does not work, bug, incorrect output, expected",
            ),
            (
                "Build and dependencies",
                "Compiling, packages, versions, environments.",
                "build fails, compile, dependency, package version, install, import error, module",
            ),
        ),
        branch(
            "Improve code",
            "The same behaviour, better.",
            (
                "Refactor",
                "Clearer structure or names.",
                "refactor, clean up, simplify, rename, readable, restructure, duplicate code",
            ),
            (
                "Performance",
                "Faster, or with less memory.",
                "optimize, performance, faster, slow, memory usage, complexity, speed up",
            ),
            (
                "Review and security",
                "Judge a change, find weaknesses.",
                "review, code review, security, vulnerability, best practice, pull request",
            ),
        ),
        branch(
            "Understand code",
            "Answers rather than changes.",
            (
                "Explain code",
                "What a piece of code does.",
                "explain, what does, how does this work, walk through, understand, meaning of",
            ),
            (
                "Language and library questions",
                "How something is done with a tool.",
                "difference between, syntax, library, documentation, framework, api, how do i",
            ),
            (
                "Design and architecture",
                "Which way to go.",
                "architecture, design pattern, which approach, trade-off, schema, data model",
            ),
        ),
        branch(
            "Around code",
            "Work that belongs to code.",
            (
                "Tests",
                "Write, fix or run tests.",
                "unit test, tests, test case, mock, coverage, assertion, pytest, jest",
            ),
            (
                "Queries and data",
                "SQL, regular expressions, conversions.",
                "sql, query, regex, regular expression, json, csv, convert, parse, database",
            ),
            (
                "Commands and operations",
                "Shell, git, containers, deployment.",
                "git, docker, command, shell, bash, deploy, pipeline, kubernetes, terminal",
            ),
        ),
    ),
)
