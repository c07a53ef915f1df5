"""Ask language models of an OpenAI-compatible provider; nothing else here imports `openai`."""
