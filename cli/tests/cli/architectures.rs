//! What the modules of known architectures are, what loaders call them, and what they do not load.

use std::fs;

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Model, Tensor, absmax, quantize};

/// A config that names a class and its type.
fn class(name: &str, model_type: &str) -> Value {
    json!({ "architectures": [name], "model_type": model_type })
}

/// A small model of these modules, all 8 by 8, whose config names a class.
fn of_class(config: &Value, modules: &[&str]) -> Model {
    let tensors: Vec<(String, Tensor)> = modules
        .iter()
        .map(|module| (format!("{module}.weight"), Tensor::random(Dtype::F32, &[8, 8])))
        .collect();
    let tensors: Vec<(&str, Tensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.clone())).collect();
    Model::new().config(config).weights("model.safetensors", &tensors)
}

/// The report of a model that was quantized, and the modules whose weights were.
#[track_caller]
fn quantized(model: &Model, options: &[&str]) -> (Value, Vec<String>) {
    let options = [options, &["--json"]].concat();
    let report = quantize(&model.source(), &model.out(), &options).succeeded().json();
    let tensors = report["tensors"].as_array().unwrap().iter();
    let tensors = tensors.filter(|tensor| tensor["quantized"] == true);
    let names = tensors.map(|t| t["name"].as_str().unwrap().replace(".weight", ""));
    let mut names: Vec<String> = names.collect();
    names.sort();
    (report, names)
}

#[track_caller]
fn expect_in_ignore(report: &Value, modules: &[&str]) {
    let ignore = report["ignore"].as_array().unwrap();
    for module in modules {
        assert!(ignore.contains(&json!(module)), "{module} in {ignore:?}");
    }
}

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

/// Llava keeps its language model under one name on disk and another in the running model.
#[test]
fn names_on_disk_and_in_the_running_model() {
    let llava = json!({
        "architectures": ["LlavaForConditionalGeneration"],
        "model_type": "llava",
        "text_config": { "model_type": "llama" },
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
