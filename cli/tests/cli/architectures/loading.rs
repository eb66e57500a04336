//! What transformers does not load quantized.

use std::fs;

use safetensors::Dtype;
use serde_json::json;

use super::of_class::{class, expect_in_ignore, of_class, quantized};
use crate::common::{Model, Tensor, quantize};

/// Transformers initializes the weights of T5, which packed ones do not have; makes one parameter
/// of Mixtral's experts, which it cannot do in w8a8; and loads no quantized DINOv2.
#[test]
fn what_transformers_does_not_load() {
    let t5 = class("T5ForConditionalGeneration", "t5");
    let t5 = of_class(&t5, &["encoder.block.0.layer.0.SelfAttention.q"]);
    let mixtral = class("MixtralForCausalLM", "mixtral");
    let expert = "model.layers.0.block_sparse_moe.experts.0.w1";
    let mixtral = of_class(&mixtral, &[expert, "model.layers.0.self_attn.q_proj"]);
    let dinov2 = class("Dinov2Model", "dinov2");
    let dinov2 = of_class(&dinov2, &["encoder.layer.0.mlp.fc1"]);
    let (w8a8, w8a16) = (["--scheme", "w8a8"], ["--scheme", "w8a16"]);
    for (model, refused, loads, text) in [
        (&t5, &w8a16, Some(&w8a8), "except with CompressedTensorsConfig(dequantize=True)"),
        (
            &mixtral,
            &w8a8,
            Some(&w8a16),
            "loads the experts of this model only if all of them are quantized",
        ),
        (&dinov2, &w8a8, None, "loads no quantized model of this architecture"),
    ] {
        let run = quantize(&model.source(), &model.out(), refused);
        let run = run.failed_with(&[text, "such weights", "--on-unloadable write"]);
        // Nothing would be quantized then.
        assert!(!run.stderr.contains("--on-unloadable keep"), "{}", run.stderr);
        assert!(!model.out().exists());
        if let Some(loads) = loads {
            quantized(model, loads);
        }
        let options = [&refused[..], &["--force", "--on-unloadable", "write"]].concat();
        let run = quantize(&model.source(), &model.out(), &options).succeeded();
        assert!(run.stderr.contains(text), "{}", run.stderr);
    }
    // Experts that are kept are floats, which transformers does not stack in a quantized model.
    let options = ["--scheme", "w8a16", "--force", "--ignore", "re:.*experts"];
    quantize(&mixtral.source(), &mixtral.out(), &options).failed_with(&["only if all of them"]);
}

/// Transformers stacks experts in one scheme, that of the first group with a pattern for "experts", and
/// without zero points.
#[test]
fn experts_share_a_scheme() {
    let config = class("DeepseekV3ForCausalLM", "deepseek_v3");
    let modules = [
        "model.layers.1.mlp.experts.0.up_proj",
        "model.layers.1.mlp.experts.1.up_proj",
        "model.layers.1.mlp.shared_experts.up_proj",
        "model.layers.1.self_attn.o_proj",
    ];
    let model = of_class(&config, &modules);
    let group = ["--scheme", "w4a16", "--granularity", "group=8"];
    for options in [
        &["--override", r"re:.*experts\.1\..*=w8a16"][..],
        &["--override", r"re:.*experts\.1\..*=w4a16,group=4"],
        &["--asymmetric"],
    ] {
        let options = [&group, options].concat();
        let run = quantize(&model.source(), &model.out(), &options);
        run.failed_with(&["one scheme for all of them", "one of 2 such weights"]);
    }
    for (override_, experts) in [
        (r"re:.*shared_experts.*=w8a16", "pack-quantized 4"),
        (r"re:.*mlp\.experts\..*=w8a16", "pack-quantized 8"),
        (r"re:.*self_attn.*=w8a16", "pack-quantized 4"),
    ] {
        quantized(&model, &[&group[..], &["--override", override_, "--force"]].concat());
        let config = fs::read(model.out().join("config.json")).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        let groups = config["quantization_config"]["config_groups"].as_object().unwrap();
        let is_of_experts = |group: &&serde_json::Value| {
            let mut targets = group["targets"].as_array().unwrap().iter();
            targets.any(|target| {
                let target = target.as_str().unwrap();
                target.starts_with("re:") && target.contains("experts")
            })
        };
        let taken = groups.values().find(is_of_experts).unwrap();
        let found = format!("{} {}", taken["format"], taken["weights"]["num_bits"]);
        assert_eq!(found.replace('"', ""), experts, "{override_}");
    }
}

/// Transformers runs its own code where the checkpoint brings some of the same names, unless it is told
/// to trust it.
#[test]
fn code_of_its_own_changes_no_limit() {
    let mut config = class("DeepseekV3ForCausalLM", "deepseek_v3");
    config["auto_map"] = json!({ "AutoModelForCausalLM": "modeling_deepseek.Model" });
    let model = of_class(&config, &["model.layers.1.mlp.experts.0.up_proj"]);
    quantize(&model.source(), &model.out(), &[])
        .failed_with(&["only if all of them are quantized"]);
    quantized(&model, &["--scheme", "w8a16"]);
}

/// A class may initialize weights of the model within it, and make stacks of several models of the same
/// experts.
#[test]
fn what_a_class_does_to_the_models_within_it() {
    let rt_detr = class("RTDetrForObjectDetection", "rt_detr");
    let layer = "model.decoder.layers.0.mlp.fc1";
    let modules = [layer, "model.decoder.layers.0.mlp.fc2", "model.decoder.class_embed.0"];
    let packed = ["--scheme", "w4a16", "--granularity", "group=8"];
    let (report, names) = quantized(&of_class(&rt_detr, &modules), &packed);
    assert_eq!(names, modules[..2]);
    expect_in_ignore(&report, &modules[2..]);

    let ernie = class("Ernie4_5_VLMoeForConditionalGeneration", "ernie4_5_vl_moe");
    let experts = [0, 1].map(|i| format!("model.layers.1.mlp.experts.{i}.up_proj"));
    let model = of_class(&ernie, &["model.layers.1.self_attn.q_proj", &experts[0], &experts[1]]);
    for options in [&[][..], &["--experts", "keep"]] {
        quantize(&model.source(), &model.out(), options)
            .failed_with(&["loads no quantized model of this architecture", "one of 2 such"]);
    }
}

/// Transformers initializes the weights of SigLIP, and not those of the language model.
#[test]
fn the_lesser_part_is_kept_if_transformers_does_not_load_it() {
    let gemma3 = json!({
        "architectures": ["Gemma3ForConditionalGeneration"],
        "model_type": "gemma3",
        "text_config": { "model_type": "gemma3_text" },
        "vision_config": { "model_type": "siglip_vision_model" },
    });
    let text = ["q_proj", "k_proj"].map(|q| format!("model.language_model.layers.0.self_attn.{q}"));
    let vision = "model.vision_tower.encoder.layers.0.mlp.fc1";
    let model = of_class(&gemma3, &[&*text[0], &*text[1], vision]);
    let (report, names) = quantized(&model, &["--scheme", "w8a16"]);
    assert_eq!(names, [&*text[1], &*text[0]]);
    expect_in_ignore(&report, &[vision]);
    let warnings = report["warnings"].to_string();
    assert!(
        warnings.contains("weights are kept (1, such as") && warnings.contains(vision),
        "{warnings}"
    );
    let (_, names) = quantized(&model, &["--force"]);
    assert_eq!(names.len(), 3);

    // Of two weights it is not the lesser part.
    let model = of_class(&gemma3, &[&*text[0], vision]);
    quantize(&model.source(), &model.out(), &["--scheme", "w8a16"])
        .failed_with(&["dequantize=True", "--on-unloadable keep"]);
    let (_, names) = quantized(&model, &["--scheme", "w8a16", "--on-unloadable", "keep"]);
    assert_eq!(names, [&*text[0]]);
}

/// Stacked experts are most of a model: whoever keeps them has to say so.
#[test]
fn stacked_experts() {
    let config = class("GptOssForCausalLM", "gpt_oss");
    let f32 = |shape: &[usize]| Tensor::random(Dtype::F32, shape);
    let tensors = [
        ("model.layers.0.mlp.experts.gate_up_proj", f32(&[4, 8, 16])),
        ("model.layers.0.mlp.experts.down_proj", f32(&[4, 8, 8])),
        ("model.layers.0.mlp.router.weight", f32(&[4, 8])),
        ("model.layers.0.self_attn.q_proj.weight", f32(&[8, 8])),
    ];
    let model = Model::new().config(&config).weights("model.safetensors", &tensors);
    quantize(&model.source(), &model.out(), &[]).failed_with(&[
        "stacked experts in 2 tensors, such as model.layers.0.mlp.experts.down_proj",
        "3072 of 3456 bytes (89 %) would stay as they are (--experts keep",
    ]);
    let (report, names) = quantized(&model, &["--experts", "keep"]);
    assert_eq!(names, ["model.layers.0.self_attn.q_proj"]);
    let experts = r"re:^model\.layers\.\d+\.mlp\.experts\..*";
    expect_in_ignore(&report, &[experts, "model.layers.0.mlp.router", "lm_head"]);
}

/// Molmo 2 has three projections in one weight on disk, which transformers splits: integers and
/// scales of channels as it splits floats, and neither packed integers nor a single scale.
#[test]
fn weights_that_transformers_splits() {
    let molmo2 = class("Molmo2TextModel", "molmo2_text");
    let (attention, mlp) = ("layers.0.self_attn.att_proj", "layers.0.mlp.ff_proj");
    let model = of_class(&molmo2, &[attention, mlp, "layers.0.mlp.ff_out"]);
    assert_eq!(quantized(&model, &[]).1, ["layers.0.mlp.ff_out", mlp, attention]);

    // Mixed schemes name all modules that are made of a weight.
    let mixed = ["--override", "re:.*att_proj=w8a8,group=8", "--force"];
    quantized(&model, &mixed);
    let config = fs::read_to_string(model.out().join("config.json")).unwrap();
    for projection in ["q_proj", "k_proj", "v_proj"] {
        let running = format!(r"re:^layers\\.\\d+\\.self_attn\\.{projection}$");
        assert!(config.contains(&running), "{config}");
    }
    for options in [&["--scheme", "w8a16"][..], &["--granularity", "tensor"]] {
        for keep in ["auto", "keep"] {
            let options = [options, &["--force", "--on-unloadable", keep]].concat();
            let run = quantize(&model.source(), &model.out(), &options);
            run.failed_with(&["splits these weights while it loads", "(--on-unloadable write"]);
        }
    }
    // Before it loads a quantized model, transformers looks for the scale of what it makes first.
    let ignore = ["--force", "--ignore", mlp];
    let error = "loads no quantized model of this architecture";
    quantize(&model.source(), &model.out(), &ignore).failed_with(&[error]);

    // Under the names of the running model there is nothing to split.
    let running = ["layers.0.mlp.down_proj", "layers.0.mlp.up_proj", "layers.0.self_attn.q_proj"];
    let model = of_class(&molmo2, &running);
    assert_eq!(quantized(&model, &["--scheme", "w8a16"]).1, running);
}
