//! What loaders call the modules of known architectures.

use std::fs;

use safetensors::Dtype;
use serde_json::{Value, json};

use super::of_class::{class, expect_in_ignore, of_class, quantized};
use crate::common::{Model, Tensor};

/// A head that is tied to the embedding has no tensor, and is a Linear all the same. So is one that
/// another class of the type adds.
#[test]
fn heads_without_a_tensor_are_ignored_by_name() {
    let body = ["model.layers.0.self_attn.q_proj", "model.embed_tokens"];
    let llama = class("LlamaForCausalLM", "llama");
    let (report, names) = quantized(&of_class(&llama, &body), &[]);
    assert_eq!(names, ["model.layers.0.self_attn.q_proj"]);
    expect_in_ignore(&report, &["lm_head", "score", "model.embed_tokens"]);

    let whisper = class("WhisperForConditionalGeneration", "whisper");
    let body = ["model.decoder.layers.0.fc1", "model.decoder.embed_tokens"];
    let (report, names) = quantized(&of_class(&whisper, &body), &[]);
    assert_eq!(names, ["model.decoder.layers.0.fc1"]);
    expect_in_ignore(&report, &["proj_out"]);

    let bert = class("BertForMaskedLM", "bert");
    let body = ["bert.encoder.layer.0.output.dense", "cls.predictions.transform.dense"];
    let (report, names) = quantized(&of_class(&bert, &body), &[]);
    assert_eq!(names, ["bert.encoder.layer.0.output.dense"]);
    let heads = ["cls.predictions.decoder", "cls.predictions.transform.dense", "classifier"];
    expect_in_ignore(&report, &heads);
}

/// Llava keeps its language model under one name on disk and another in the running model. Code that the
/// language model once came with is not run.
#[test]
fn names_on_disk_and_in_the_running_model() {
    let llava = json!({
        "architectures": ["LlavaForConditionalGeneration"],
        "model_type": "llava",
        "text_config": { "model_type": "llama", "auto_map": { "AutoModel": "modeling.Model" } },
        "vision_config": { "model_type": "clip_vision_model" },
    });
    let text = ["q_proj", "k_proj"].map(|q| format!("language_model.model.layers.0.self_attn.{q}"));
    let vision = "vision_tower.vision_model.encoder.layers.0.self_attn.q_proj";
    let modules = [&*text[0], &*text[1], vision, "language_model.lm_head"];
    let model = of_class(&llava, &modules);
    let (report, names) = quantized(&model, &["--ignore", "re:model.vision_tower"]);
    assert_eq!(names, [&*text[1], &*text[0]]);
    expect_in_ignore(
        &report,
        &[
            "re:model.vision_tower",
            vision,
            r"re:^model\.vision_tower\.encoder\.layers\.\d+\.self_attn\.q_proj$",
            r"re:^vision_tower\.encoder\.layers\.\d+\.self_attn\.q_proj$",
            "lm_head",
            "language_model.lm_head",
        ],
    );
    assert_eq!(report["warnings"], json!([]));

    // Mixed schemes name modules under all names, too.
    let mixed = ["--force", "--ignore", vision, "--override", "re:.*q_proj=w8a16"];
    quantized(&model, &mixed);
    let config = fs::read_to_string(model.out().join("config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let groups = &config["quantization_config"]["config_groups"];
    for (group, module, proj) in [("group_0", &text[1], "k_proj"), ("group_1", &text[0], "q_proj")]
    {
        let running = format!(r"re:^model\.language_model\.layers\.\d+\.self_attn\.{}$", proj);
        let targets = groups[group]["targets"].as_array().unwrap();
        assert!(targets.contains(&json!(module)), "{targets:?}");
        assert!(targets.contains(&json!(running)), "{targets:?}");
    }
}

/// A base class is named, and the tensors are those of a class around it: its own names are those of
/// quantized modules, too, and none of what the checkpoint lacks.
#[test]
fn a_base_class_with_the_tensors_of_another() {
    let llama = class("LlamaModel", "llama");
    let q_proj = "model.layers.0.self_attn.q_proj";
    let (report, names) = quantized(&of_class(&llama, &[q_proj, "lm_head"]), &[]);
    assert_eq!(names, [q_proj]);
    expect_in_ignore(&report, &["lm_head", r"re:^layers\.\d+\.mlp\.up_proj$"]);
    let ignore = report["ignore"].to_string();
    assert!(!ignore.contains("q_proj"), "{ignore}");
}

/// The text model of a model of images and text is loaded by a class of its own, too, in which its
/// modules have other names.
#[test]
fn names_in_the_class_of_the_text_model() {
    let qwen = json!({
        "architectures": ["Qwen3_5MoeForConditionalGeneration"],
        "model_type": "qwen3_5_moe",
        "text_config": { "model_type": "qwen3_5_moe_text" },
        "vision_config": { "model_type": "qwen3_5_moe" },
    });
    let module = |name: &str| format!("model.language_model.layers.0.{name}");
    let (q_proj, o_proj) = (module("self_attn.q_proj"), module("self_attn.o_proj"));
    let gate = module("mlp.gate");
    let model = of_class(&qwen, &[&q_proj, &o_proj, &gate]);
    let (report, names) = quantized(&model, &["--override", &format!("{o_proj}=w8a16")]);
    assert_eq!(names, [&*o_proj, &*q_proj]);
    expect_in_ignore(&report, &[&gate, r"re:^model\.layers\.\d+\.mlp\.gate$"]);
    let config = fs::read_to_string(model.out().join("config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let targets = &config["quantization_config"]["config_groups"]["group_0"]["targets"];
    assert!(targets.to_string().contains("model\\\\.layers"), "{targets}");

    // A tied head has no tensor, and is called otherwise there.
    let llama4 = class("Llama4ForConditionalGeneration", "llama4");
    let q_proj = "language_model.model.layers.0.self_attn.q_proj";
    let (report, _) = quantized(&of_class(&llama4, &[q_proj]), &["--on-unloadable", "write"]);
    expect_in_ignore(&report, &["language_model.lm_head", "lm_head"]);
}

/// TIPS has three projections in one parameter on disk, which is the weight of no module.
#[test]
fn parameters_that_transformers_makes_weights_of() {
    let tips = class("Tipsv2TextModel", "tipsv2_text_model");
    let layer = "transformer.resblocks.0";
    let (fc, out) = (format!("{layer}.mlp.c_fc"), format!("{layer}.mlp.c_proj"));
    let in_proj = format!("{layer}.attn.in_proj_weight");
    let tensors = [format!("{fc}.weight"), format!("{out}.weight"), in_proj.clone()];
    let tensors = tensors.map(|name| (name, Tensor::random(Dtype::F32, &[8, 8])));
    let tensors: Vec<_> = tensors.iter().map(|(name, t)| (name.as_str(), t.clone())).collect();
    let model = Model::new().config(&tips).weights("model.safetensors", &tensors);
    let (report, names) = quantized(&model, &[]);
    assert_eq!(names, [fc, out]);
    expect_in_ignore(&report, &[&*in_proj, r"re:^encoder\.layers\.\d+\.self_attn\.q_proj$"]);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("transformers 5 makes other modules of these"), "{warnings}");
}
