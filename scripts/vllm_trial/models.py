"""Tiny random models of the architectures, and the schemes that each is tried in."""

import torch
from transformers import (
    FalconH1Config, FalconH1ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig, GptOssConfig, GptOssForCausalLM,
    LlamaConfig, LlamaForCausalLM, Mamba2Config, Mamba2ForCausalLM, OPTConfig, OPTForCausalLM, Qwen3Config,
    Qwen3ForCausalLM,
)  # fmt: skip

VOCABULARY, WINDOW = 320, 16
COMMON = {
    "vocab_size": VOCABULARY, "num_hidden_layers": 2, "max_position_embeddings": 128, "bos_token_id": 1,
    "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
DECODER = COMMON | {
    "hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64,
}  # fmt: skip
WINDOWED = {"sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]}

# The class, its config, and what absmax is told besides the scheme.
MODELS = {
    "llama": (LlamaForCausalLM, LlamaConfig, DECODER, ""),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config, DECODER, ""),
    "gemma3": (Gemma3ForCausalLM, Gemma3TextConfig, DECODER | WINDOWED | {"query_pre_attn_scalar": 64}, ""),
    "opt": (
        OPTForCausalLM, OPTConfig,
        COMMON | {"hidden_size": 256, "word_embed_proj_dim": 256, "ffn_dim": 512, "num_attention_heads": 4}, "",
    ),
    "gpt_oss": (
        GptOssForCausalLM, GptOssConfig,
        # All experts are always taken: at a near-tie of the router, bf16 would choose others, and make other tokens.
        DECODER | WINDOWED | {"intermediate_size": 256, "num_local_experts": 4, "num_experts_per_tok": 4},
        "--experts keep",
    ),
    "falcon_h1": (
        FalconH1ForCausalLM, FalconH1Config,
        DECODER | {
            "mamba_d_ssm": 256, "mamba_n_heads": 4, "mamba_d_head": 64, "mamba_d_state": 64, "mamba_n_groups": 1,
        }, "",
    ),
    "mamba2": (
        Mamba2ForCausalLM, Mamba2Config,
        # Unlike Falcon H1's, 644, the outputs of in_proj are a multiple of 32: 1184.
        COMMON | {"hidden_size": 256, "num_heads": 32, "head_dim": 16, "state_size": 64, "n_groups": 1},
        "--on-unloadable write",
    ),
}  # fmt: skip

# What is another layer, and not another scheme, is tried with these.
FEW = ["w8a8", "w4a16", "w8a16", "w4a16 --granularity group=32", "w4a16 --asymmetric"]
# All are tried with a Llama.
ALL = [
    "w8a8",
    "w8a8 --reduce-range",
    "w8a8 --granularity tensor",
    "w8a8 --granularity group=128",
    "w8a8 --asymmetric",
    "w8a16",
    "w8a16 --granularity group=128",
    "w8a16 --asymmetric",
    "w4a16",
    "w4a16 --granularity group=32",
    "w4a16 --granularity group=64",
    "w4a16 --granularity group=256",
    "w4a16 --granularity channel",
    "w4a16 --granularity tensor",
    "w4a16 --asymmetric",
    "w4a16 --asymmetric --granularity group=32",
    "w4a16 --asymmetric --granularity channel",
    "w8a8 --override re:.*down_proj=w4a16",
    "w8a8 --override re:.*q_proj=w4a16",
]
TRIALS = [(name, scheme) for name in MODELS for scheme in (ALL if name == "llama" else FEW)]


def make(name, directory):
    """Weights are so large that the layers, and not the embedding, decide the logits; no bias is zero."""
    cls, config, sizes, _ = MODELS[name]
    torch.manual_seed(1)
    config = config(**sizes)
    config.initializer_range = 1.2 / config.hidden_size**0.5
    model = cls(config)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter_name.endswith("bias"):
                parameter.add_(0.1 * torch.randn_like(parameter))
    model.to(torch.bfloat16).save_pretrained(directory)
