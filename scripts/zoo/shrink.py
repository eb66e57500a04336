"""Makes an architecture's default config tiny by rules over the names of its fields, whatever the architecture.

The layers become two, or as many as there are kinds of layers; widths 64 and 128; experts four; images 32 x 32. Widths
that are equal by default stay equal, since what is wide in the same way gets the same width. Fields that no rule names
stay.
"""

import inspect
import re
import sys

HIDDEN, INTERMEDIATE, HEADS, HEAD_DIM, VOCABULARY, POSITIONS, IMAGE, PATCH = 64, 128, 4, 16, 300, 128, 32, 8

# (pattern of the whole field name, what an int becomes). The first that matches is taken; an int never grows.
RULES = [
    (r".*vocab_size.*|vocab_size", VOCABULARY),
    (r"first_k_dense_replace|.*max_window_layers|num_nextn_predict_layers|num_mtp_layers|topk_group", 1),
    (r"num_kv_shared_layers", 0),
    (r"(.*_)?(attn|attention|expert)_layer_period|full_attention_interval|sliding_window_pattern", 2),
    (r"n_groups?|num_group", 2),
    (r"(.*_)?(attn|attention|expert)_layer_offset", 1),
    (r".*(n|num)_(hidden_)?(layers?|groups_of_layers)|.*_layers|n_layer|(.*_)?depth|num_blocks|.*num_hidden_layers", 2),
    (r".*(experts_per_tok(en)?|topk|top_k|moe_k|num_selected_experts)", 2),
    (r".*num_experts|n_routed_experts|num_local_experts|num_routed_experts|moe_num_experts|n_experts", 4),
    (r"(mamba_(n|num)_heads|n_mamba_heads|mamba_num_heads)", 2 * HEADS),
    (r".*(num_key_value_heads|num_kv_heads|linear_num_key_heads|n_head_kv|kv_n_heads)", 2),
    (r".*(num_(attention_)?heads|attention_heads|n_heads?|num_value_heads|num_query_heads)|num_heads", HEADS),
    (r".*(head_dim|headdim|d_head|head_size|d_kv|rotary_dim|dim_head)", HEAD_DIM),
    (r"attention_(key|value)_size", HEAD_DIM),
    (r".*(d_state|state_size|state_dim|ssm_state_size)", HEAD_DIM),
    (r".*lora_rank", 32),
    (r".*(intermediate|ffn|ffn_hidden|mlp|mlp_hidden)_(size|dim)", INTERMEDIATE),
    (r".*(d_ff|n_inner|d_inner|dim_ff|feedforward_dim)", INTERMEDIATE),
    (r"max_source_positions", 50),
    (r".*(max_position_embeddings|n_positions|n_ctx|max_target_positions)", POSITIONS),
    (r".*(max_seq(uence)?_len(gth)?|max_seqlen)", POSITIONS),
    (r".*image_size", IMAGE),
    (r"(.*_)?patch_size", PATCH),
    (r"window_size", 2),
    (r"num_queries", 20),
    (r"num_conv_pos_embeddings", 16),
    (r"num_conv_pos_embedding_groups|num_groups|classifier_dropout_groups", 4),
    (r".*(hidden_size|d_model|n_embd|embedding_size|proj_size|_dim|_channels)|dim|width|hidden_sizes", HIDDEN),
]
KEPT = re.compile(
    r".*(num|in|audio|mask_input|latent|z|conv)_channels|.*in_chans|num_feat_extract_layers|mamba_n_groups|rope_.*|"
    r"num_mel_bins|patch_padding|num_labels|query_dim"
)
# Special tokens that the small vocabulary does not have get numbers from its end.
TOKEN = re.compile(r".*(token|_)(id|ids|index|idx)|.*_token")
# Lists of one entry for each stage: their ratios are kept, since stages divide widths by heads.
STAGES = re.compile(r"(.*_)?(hidden_sizes|embed_dims?|dims|num_heads|num_attention_heads|depths|channels|widths)")
INDICES = re.compile(r".*(index(es)?|indices|indexes|layer_ids|mlp_only_layers|no_rope_layer_ids)")
DROPPED = ("_out_features", "_out_indices", "out_features", "out_indices", "transformers_version", "architectures")

LAYERS = ("num_hidden_layers", "num_layers", "n_layer", "n_layers", "depth")
# What follows from no name. Keyed by model type, also within others.
SPECIAL = {
    "mamba2": {"num_heads": 8, "n_groups": 1},
    "bamba": {"attn_layer_indices": [1]},
    "blip-2": {"image_token_index": VOCABULARY - 1},
    "cvt": {"depth": [1, 2, 3]},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "dots1": {"n_routed_experts": 4, "num_experts_per_tok": 2},
    "esm": {"vocab_size": VOCABULARY},
    "instructblip": {"image_token_index": VOCABULARY - 1},
    "audio-spectrogram-transformer": {"max_length": 64},
}


class Shrinker:
    def __init__(self, sections=False):
        self.tokens, self.sections = {}, sections

    def token(self, value):
        """Equal ids stay equal, in all parts of a config."""
        if isinstance(value, list):
            return [self.token(v) for v in value]
        if not isinstance(value, int) or isinstance(value, bool) or value < VOCABULARY:
            return value
        return self.tokens.setdefault(value, VOCABULARY - 1 - len(self.tokens))

    def number(self, name, value):
        if KEPT.fullmatch(name):
            return value
        return next((min(value, small) for pattern, small in RULES if re.fullmatch(pattern, name)), value)

    def field(self, name, value):
        if isinstance(value, bool) or value is None:
            return value
        if name == "rope_parameters" and self.sections:
            return self.in_sections(value)
        if name == "per_layer_config":
            return {type(layer)(1): more for layer, more in list(value.items())[:1]}
        if isinstance(value, dict) and value.get("model_type") == "timm_backbone":
            return resnet(value)
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return self.fields(value) if name != "id2label" and name != "label2id" else value
        if TOKEN.fullmatch(name):
            return self.token(value)
        if isinstance(value, int):
            return self.number(name, value)
        if isinstance(value, (list, tuple)) and value and all(type(v) is int for v in value):
            return self.numbers(name, list(value))
        if isinstance(value, (list, tuple)) and any(isinstance(v, dict) for v in value):
            return [self.field(name, v) for v in value]
        return value

    def in_sections(self, rope):
        """Rotary embeddings of three axes: half a head's rotated values, divided by three."""
        half = int(HEAD_DIM * rope.get("partial_rotary_factor", 1)) // 2
        return rope | {"mrope_section": [half - 2 * (half // 3), half // 3, half // 3]}

    def numbers(self, name, values):
        least = min(values)
        if INDICES.fullmatch(name):
            return values if max(values) < 2 else list(range(min(2, len(values))))
        if name.endswith(("depths", "depth")):
            return [min(v, 1) for v in values]
        if STAGES.fullmatch(name) and not KEPT.fullmatch(name) and least > 0:
            unit = 1 if "heads" in name else 32
            return [max(1, v // least) * unit for v in values]
        return [self.number(name, v) for v in values]

    def fields(self, fields):
        fields = {name: value for name, value in fields.items() if name not in DROPPED}
        layers = one_of_each_kind(fields)
        small = {name: self.field(name, value) for name, value in fields.items()} | layers
        heads, kv = fields.get("num_attention_heads"), fields.get("num_key_value_heads")
        if isinstance(heads, int) and heads == kv:
            small["num_key_value_heads"] = small["num_attention_heads"]
        return small | {k: v for k, v in SPECIAL.get(fields.get("model_type"), {}).items() if k in fields}


def one_of_each_kind(fields):
    """The numbers of layers and the lists with an entry for each layer, cut to the first layer of every kind."""
    counts = {n: v for n, v in fields.items() if n in LAYERS}
    total = next((v for v in counts.values() if isinstance(v, int)), 0)
    lists = {n: v for n, v in fields.items() if isinstance(v, (list, tuple)) and len(v) == total}
    lists = {n: v for n, v in lists.items() if not any(p.fullmatch(n) for p in (TOKEN, INDICES, STAGES))}
    if total <= 2 or not lists:
        return {}
    kinds = list(zip(*(map(str, v) for v in lists.values())))
    chosen = sorted({kinds.index(kind) for kind in kinds})[:4]
    chosen = (chosen + [i for i in range(total) if i not in chosen])[: max(2, len(chosen))]
    return {n: len(chosen) for n in counts} | {n: [v[i] for i in chosen] for n, v in lists.items()}


def resnet(timm):
    """In the place of a backbone that needs a package of its own, one of transformers itself."""
    stages = [f"stage{i}" for i in timm.get("out_indices") or [4]]
    sizes = {"embedding_size": 32, "hidden_sizes": [32, 64, 64, 64], "depths": [1, 1, 1, 1], "layer_type": "basic"}
    return {"model_type": "resnet", "out_features": stages, **sizes}


def tiny(config_class):
    """The config, tiny. Sections of rotary embeddings are given to architectures whose code asks for them."""
    name = config_class.__module__.replace(".configuration_", ".modeling_")
    source = inspect.getsource(sys.modules[name]) if name in sys.modules else ""
    return config_class.from_dict(Shrinker('"mrope_section"' in source).fields(config_class().to_dict()))
