"""A model of a few thousand parameters, made on the spot, for trainers."""

from pathlib import Path
from typing import Any

from tests.consumers.files import load_consumer

TEMPLATE = (
    "{% if tools %}{{ '<|im_start|>system\\n' + (tools | tojson) + '<|im_end|>\\n' }}{% endif %}"
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content "
    "+ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def make_tokenizer(text: str, template: str = TEMPLATE) -> Any:
    """A byte-level tokenizer that learnt a few words of the text."""
    tokenizers = load_consumer("tokenizers")
    transformers = load_consumer("transformers")
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    learnt = tokenizers.Tokenizer(tokenizers.models.BPE())
    learnt.pre_tokenizer = byte_level(add_prefix_space=False)
    learnt.decoder = tokenizers.decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=byte_level.alphabet()
    )
    learnt.train_from_iterator([text[:200_000]], trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=learnt, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = template
    return tokenizer


def make_model(tokenizer: Any, folder: Path) -> str:
    """A model with random weights, saved where a trainer loads it from."""
    torch = load_consumer("torch")
    transformers = load_consumer("transformers")
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=False,
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
