"""RFT App: from LLM gateway traces to a model improved by reinforcement fine-tuning."""
