"""Models by llama.cpp's names for tensors, with the metadata that it reads."""

import gguf
import numpy as np

F32 = np.float32
WIDTH, WIDE, LAYERS, HEADS = 64, 192, 2, 2  # of the decoder


def bert_metadata(vocabulary):
    """What llama.cpp wants to know of all-MiniLM-L6-v2."""

    def piece(word):
        if word.startswith("[") and word.endswith("]"):
            return word
        return word[2:] if word.startswith("##") else "\u2581" + word

    words = vocabulary.read_text().splitlines()
    special = {"[PAD]": "padding", "[UNK]": "unknown", "[CLS]": "bos", "[SEP]": "seperator", "[MASK]": "mask"}
    return {
        "general.architecture": "bert",
        "bert.context_length": 512,
        "bert.embedding_length": 384,
        "bert.feed_forward_length": 1536,
        "bert.block_count": 6,
        "bert.attention.head_count": 12,
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.tokens": [piece(word) for word in words],
        "tokenizer.ggml.token_type": [3 if word in special else 1 for word in words],
        "tokenizer.ggml.token_type_count": 2,
        **{f"tokenizer.ggml.{name}_token_id": words.index(word) for word, name in special.items()},
    }


def renamed(tensors):
    """The tensors that llama.cpp reads, by its names for them."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, 6)
    by_name = {names.get_name(name, (".weight", ".bias")): x for name, x in tensors.items()}
    return {name: x for name, x in by_name.items() if name is not None}


def decoder(rng):
    """The tensors and the metadata of a small model of llama's architecture, with random weights, whose tokens are bytes."""
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    weight = lambda *shape: rng.normal(0, 1 / np.sqrt(shape[-1]), shape).astype(F32)
    tensors = {"token_embd": weight(len(words), WIDTH) * 8, "output_norm": np.ones(WIDTH, F32)}
    tensors["output"] = weight(len(words), WIDTH) * 3
    for block in (f"blk.{layer}" for layer in range(LAYERS)):
        tensors |= {f"{block}.attn_{part}": weight(WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        tensors |= {f"{block}.ffn_{part}": weight(WIDE, WIDTH) for part in ("gate", "up")}
        tensors |= {f"{block}.{part}_norm": np.ones(WIDTH, F32) for part in ("attn", "ffn")}
        tensors[f"{block}.ffn_down"] = weight(WIDTH, WIDE)
    metadata = {
        "general.architecture": "llama",
        "llama.context_length": 256,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": WIDE,
        "llama.block_count": LAYERS,
        "llama.attention.head_count": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.scores": [0.0] * len(words),
        "tokenizer.ggml.token_type": [2, 3, 3] + [6] * 256,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    return {f"{name}.weight": x for name, x in tensors.items()}, metadata
