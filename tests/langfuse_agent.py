"""An agent with the Langfuse SDK: `python -m tests.langfuse_agent PROVIDER`.

Where the SDK sends is in its own environment variables.
"""

import sys
from typing import Any

from tests.instrumented import converse


def main(provider_url: str) -> None:
    """Talk, within one trace that has a session, a user and tags.

    To import the SDK changes `openai` for the whole process: only this one does.
    """
    from langfuse import get_client, propagate_attributes
    from langfuse.openai import OpenAI  # pyright: ignore[reportPrivateImportUsage]

    langfuse = get_client()
    client: Any = OpenAI(base_url=provider_url, api_key="sk-test", max_retries=0)
    with (
        langfuse.start_as_current_observation(name="run", as_type="agent"),
        propagate_attributes(session_id="session-1", user_id="ann", tags=["travel"]),
    ):
        converse(client)
        told = [{"role": "user", "content": "Tell a story."}]
        for _ in client.chat.completions.create(model="small", messages=told, stream=True):
            pass
    langfuse.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
