"""An agent with LiteLLM's `otel` callback: `python litellm_agent.py PROVIDER ENDPOINT`.

It runs on a Python that has LiteLLM, which need not have anything of ours.
"""

# pyright: reportMissingImports=false

import asyncio
import os
import sys
from contextlib import suppress
from typing import Any

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def main(provider_url: str, endpoint: str) -> None:
    """Ask, call a tool, ask again with its result, stream, fail once, and ask asynchronously."""
    os.environ["OTEL_EXPORTER"] = "otlp_http"
    os.environ["OTEL_ENDPOINT"] = f"{endpoint}/v1/traces"
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm  # it reads the environment

    llm: Any = litellm
    llm.callbacks = ["otel"]
    common = {
        "model": "openai/small",
        "api_base": provider_url,
        "api_key": "sk-test",
        "max_retries": 0,
    }
    messages: list[Any] = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Weather in Paris?"},
    ]
    asking = llm.completion(messages=messages, tools=[TOOL], **common).choices[0].message
    call = asking.tool_calls[0]
    messages += [
        asking.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "14 °C"},
    ]
    llm.completion(messages=messages, tools=[TOOL], **common)
    told = [{"role": "user", "content": "Tell a story"}]
    for _ in llm.completion(messages=told, stream=True, **common):
        pass
    with suppress(llm.exceptions.RateLimitError):
        llm.completion(messages=[{"role": "user", "content": "boom"}], **common)
    asyncio.run(_ask_asynchronously(llm, common))


async def _ask_asynchronously(llm: Any, common: dict[str, Any]) -> None:
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await llm.acompletion(messages=[{"role": "user", "content": "Weather in Rome?"}], **common)
    worker: Any = GLOBAL_LOGGING_WORKER
    await asyncio.sleep(1)  # a task of the call hands it to the worker
    await worker.flush()  # what waits when the loop ends is lost: the exporter is shut down first


if __name__ == "__main__":
    main(*sys.argv[1:])
