//! What the modules of a model are, by the table or by their names.

use safetensors::Dtype;
use serde_json::{Value, json};

use super::of_class::{class, expect_in_ignore, of_class, quantized};
use crate::common::{Model, Tensor, absmax, quantize};

/// The table knows that `shared` is an embedding though its name does not say so, and that GPT-2's
/// layers are stored [in, out] even within another model.
#[test]
fn kinds_that_no_name_tells() {
    let t5 = class("T5ForConditionalGeneration", "t5");
    let model = of_class(&t5, &["shared", "encoder.block.0.layer.0.SelfAttention.q"]);
    assert_eq!(quantized(&model, &[]).1, ["encoder.block.0.layer.0.SelfAttention.q"]);

    let nested = json!({
        "architectures": ["VisionEncoderDecoderModel"],
        "model_type": "vision-encoder-decoder",
        "encoder": { "model_type": "vit" },
        "decoder": { "model_type": "gpt2" },
    });
    let q_proj = "encoder.layers.0.attention.q_proj";
    let c_attn = "decoder.transformer.h.0.attn.c_attn";
    let (report, names) = quantized(&of_class(&nested, &[q_proj, c_attn]), &[]);
    assert_eq!(names, [q_proj]);
    expect_in_ignore(&report, &["decoder.lm_head"]);
}

/// What the table does not have is kept, and told.
#[test]
fn modules_that_the_architecture_does_not_have() {
    let llama = class("LlamaForCausalLM", "llama");
    let q_proj = "model.layers.0.self_attn.q_proj";
    let model = of_class(&llama, &[q_proj, "model.layers.0.extra", "model.layers.1.extra"]);
    let run = quantize(&model.source(), &model.out(), &[]).succeeded();
    let warning = "warning: weights are kept because the architecture has no modules for them: 2, such as \
                   model.layers.0.extra.weight\n";
    assert_eq!(run.stderr, warning);
    // Without the base model's prefix, the modules are those of the base model stored alone.
    let model = of_class(&llama, &["layers.0.self_attn.q_proj", "layers.0.mlp.up_proj"]);
    let (report, names) = quantized(&model, &["--ignore", "re:.*up_proj"]);
    assert_eq!(names, ["layers.0.self_attn.q_proj"]);
    expect_in_ignore(&report, &["layers.0.mlp.up_proj", "re:.*up_proj"]);
}

#[test]
fn an_architecture_that_is_not_known_is_told() {
    let own_code = json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "auto_map": { "AutoModel": "modeling.Model" },
    });
    let other_type = class("LlamaForCausalLM", "bert");
    for (config, why) in [
        (class("NoSuchModel", "none"), "the architecture NoSuchModel is not known"),
        (
            json!({ "model_type": "llama" }),
            "config.json names no class, and llama does not explain all weights",
        ),
        (json!({}), "config.json names no architecture"),
        (json!({ "architectures": 7 }), "config.json names no architecture"),
        (own_code, "the checkpoint brings code of its own (auto_map)"),
        (other_type, "LlamaForCausalLM is no class of the model_type bert"),
    ] {
        let model = of_class(&config, &["layers.0.up", "score", "mtp.fc", "shared"]);
        let (source, out) = (model.source(), model.out());
        let run = absmax(["quantize".as_ref(), &*source, "-o".as_ref(), &*out]).succeeded();
        let warning = format!(
            "warning: {why}: what to quantize is chosen by the names of modules; --dry-run lists \
             what each is taken for\n"
        );
        assert_eq!(run.stderr, warning);
        let (_, names) = quantized(&model, &["--force"]);
        assert_eq!(names, ["layers.0.up"]);
    }
    // The type of the model is enough if it explains all weights, heads included.
    let model = of_class(
        &json!({ "model_type": "llama" }),
        &["model.layers.0.self_attn.q_proj", "lm_head"],
    );
    let (report, names) = quantized(&model, &[]);
    assert_eq!(names, ["model.layers.0.self_attn.q_proj"]);
    assert_eq!(report["warnings"], json!([]));
}

/// Heads of the type have to be kept, and names be written as its classes have them, even if the class is
/// not known or the code is another.
#[test]
fn what_is_like_a_known_architecture() {
    let bert = |change: &str, value: Value| {
        let mut config = class("BertForMaskedLM", "bert");
        config[change] = value;
        config
    };
    for config in [
        bert("architectures", json!(["MyBert"])),
        bert("auto_map", json!({ "AutoModel": "modeling.Model" })),
        bert("model_type", Value::Null),
    ] {
        let modules = ["bert.encoder.layer.0.output.dense", "bert.encoder.layer.1.output.dense"];
        let model = of_class(&config, &modules);
        let (report, names) = quantized(&model, &["--ignore", modules[0]]);
        assert_eq!(names, modules[1..]);
        let kept = "encoder.layer.0.output.dense";
        expect_in_ignore(&report, &["cls.predictions.decoder", "classifier", modules[0], kept]);
    }
}

/// Heads that are lists of layers, and those that are no plain Linears.
#[test]
fn heads_that_another_class_adds() {
    let model =
        of_class(&class("Wav2Vec2Model", "wav2vec2"), &["encoder.layers.0.attention.k_proj"]);
    let (report, _) = quantized(&model, &[]);
    expect_in_ignore(&report, &[r"re:^tdnn\.\d+\.kernel$", "lm_head", "projector"]);
}

/// What loaders would take for a class is written as a pattern for the name.
#[test]
fn names_that_are_classes() {
    let model = of_class(&class("LlamaForCausalLM", "llama"), &["model.layers.0.mlp.up_proj"]);
    for (name, written) in [
        ("Linear.weight", "re:^Linear$"),
        ("FalconLinear", "re:^FalconLinear$"),
        ("object", "re:^object$"),
    ] {
        let (report, names) = quantized(&model, &["--ignore", name, "--force"]);
        assert_eq!(names, ["model.layers.0.mlp.up_proj"]);
        expect_in_ignore(&report, &[written]);
        assert!(!report["ignore"].as_array().unwrap().contains(&json!(name)));
    }
}

/// All models within the model that nobody knows are named by one warning.
#[test]
fn parts_that_are_not_known_are_told() {
    let config = json!({
        "architectures": ["LlavaForConditionalGeneration"],
        "model_type": "llava",
        "text_config": { "model_type": "that nobody has heard of" },
        "vision_config": { "model_type": "that nobody knows" },
    });
    let modules = ["model.language_model.layers.0.up", "model.vision_tower.embed"];
    let (report, names) = quantized(&of_class(&config, &modules), &[]);
    assert_eq!(names, modules[..1]);
    let told = "the architecture of model.language_model, model.vision_tower is not known: what to \
                quantize in it is chosen by the names of modules";
    assert_eq!(report["warnings"], json!([told]));
}

/// Where names decide, a weight with a row for each word is kept, whatever it is called; and a head that
/// has no tensor may be called anything.
#[test]
fn words_are_known_by_their_number() {
    let config = json!({
        "architectures": ["OwnModel"],
        "auto_map": { "AutoModel": "modeling.OwnModel" },
        "vocab_size": 24,
    });
    let weights = |names: &[(&str, usize)]| -> Vec<(String, Tensor)> {
        let weight =
            |&(name, rows)| (format!("{name}.weight"), Tensor::random(Dtype::F32, &[rows, 16]));
        names.iter().map(weight).collect()
    };
    let model = |config: &Value, names: &[(&str, usize)]| {
        let weights = weights(names);
        let weights: Vec<_> = weights.iter().map(|(name, t)| (name.as_str(), t.clone())).collect();
        Model::new().config(config).weights("model.safetensors", &weights)
    };
    let all = [("net.words", 24), ("net.layers.0.mix", 24), ("vocab_out", 24)];
    let (_, names) = quantized(&model(&config, &all), &[]);
    assert_eq!(names, ["net.layers.0.mix"]);

    let mut tied = config.clone();
    tied["tie_word_embeddings"] = json!(true);
    let (report, names) = quantized(&model(&tied, &[("net.embed", 24), ("net.0.mix", 24)]), &[]);
    assert_eq!(names, ["net.0.mix"]);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("no tensor is that of a head"), "{warnings}");
    let (report, _) = quantized(&model(&tied, &all), &[]);
    assert!(!report["warnings"].to_string().contains("no tensor is that of a head"));
}

/// Some types of models have the classes of other types, and names of their own on disk.
#[test]
fn a_class_whose_names_the_checkpoint_does_not_have() {
    let exaone = class("LlamaForCausalLM", "exaone");
    let q_proj = "transformer.h.0.attn.attention.q_proj";
    let model = of_class(&exaone, &[q_proj, "transformer.wte", "lm_head"]);
    let (report, names) = quantized(&model, &[]);
    assert_eq!(names, [q_proj]);
    expect_in_ignore(&report, &["transformer.wte", "lm_head"]);
    let warnings = report["warnings"].to_string();
    let why = "no weight has the name of a layer of LlamaForCausalLM";
    assert!(warnings.contains(why), "{warnings}");
}

/// ConvBERT's feed-forward layers are Linears, or of another class if there are several groups of
/// them, whose weights have three dimensions.
#[test]
fn layers_that_are_linear_in_some_models_only() {
    let convbert = class("ConvBertModel", "convbert");
    let dense = ["encoder.layer.0.intermediate.dense", "encoder.layer.0.output.dense"];
    assert_eq!(quantized(&of_class(&convbert, &dense), &[]).1, dense);
}
