"""Other gateways that are measured beside ours, where they are there."""

import os
import subprocess
from pathlib import Path

_CONFIGURATION = """model_list:
  - model_name: fake
    litellm_params:
      model: openai/fake
      api_base: http://127.0.0.1:{upstream}/v1
      api_key: sk-upstream
general_settings:
  forward_client_headers_to_llm_api: true
litellm_settings:
  callbacks: calls_to_file.writer
"""
_CALLBACK = """import json
import os
from litellm.integrations.custom_logger import CustomLogger


class Writer(CustomLogger):
    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        with open(os.environ["CALLS_FILE"], "a") as file:
            json.dump(kwargs["standard_logging_object"], file, default=str)
            file.write("\\n")


writer = Writer()
"""


def start_litellm(python: str, folder: Path, upstream: int, port: int) -> subprocess.Popen[bytes]:
    """LiteLLM's proxy, one process, with a callback that writes each call to a file.

    Args:
        python: Of an environment with `litellm[proxy]`.
        folder: For its configuration and the calls.
        upstream: Port of the provider.
        port: Where it shall listen.
    """
    (folder / "litellm.yaml").write_text(_CONFIGURATION.format(upstream=upstream))
    (folder / "calls_to_file.py").write_text(_CALLBACK)
    command = [str(Path(python).with_name("litellm")), "--config", str(folder / "litellm.yaml")]
    own = {
        "CALLS_FILE": str(folder / "calls.jsonl"),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    return subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"],
        env={**os.environ, **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
