//! What config.json says of the parts of a model that classes of their own load alone.

use std::fs;

use serde_json::{Value, json};

use super::of_class::{of_class, quantized};
use crate::common::{Model, absmax};

fn config_of(model: &Model) -> Value {
    serde_json::from_slice(&fs::read(model.out().join("config.json")).unwrap()).unwrap()
}

fn clip() -> (Value, [&'static str; 5]) {
    let config = json!({
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "text_config": { "model_type": "clip_text_model" },
        "vision_config": { "model_type": "clip_vision_model" },
        "other": { "model_type": "that nobody knows" },
    });
    let modules = [
        "text_model.encoder.layers.0.mlp.fc1",
        "text_model.encoder.layers.1.mlp.fc1",
        "text_model.encoder.layers.1.mlp.fc2",
        "text_projection",
        "vision_model.encoder.layers.0.mlp.fc1",
    ];
    (config, modules)
}

/// `CLIPTextModel` reads `text_config` only, and calls its modules by shorter names.
#[test]
fn a_part_has_a_config_of_its_own() {
    let (config, modules) = clip();
    let model = of_class(&config, &modules);
    let ignore = ["text_model.encoder.layers.0.mlp.fc1", "text_model.encoder.layers.1.mlp.fc2"];
    quantized(&model, &["--ignore", ignore[0], "--ignore", ignore[1]]);
    let written = config_of(&model);
    let whole = &written["quantization_config"];
    for part in ["text_config", "vision_config"] {
        let mut part = written[part]["quantization_config"].clone();
        part["ignore"] = whole["ignore"].clone();
        assert_eq!(part, *whole, "but for `ignore`");
    }
    assert_eq!(written["other"], config["other"]);

    let text = written["text_config"]["quantization_config"]["ignore"].to_string();
    for name in [
        // Another fc1 is quantized.
        r#""encoder.layers.0.mlp.fc1""#,
        r#""text_model.encoder.layers.0.mlp.fc1""#,
        r#""re:^encoder\\.layers\\.\\d+\\.mlp\\.fc2$""#,
    ] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert!(!text.contains("projection"), "it is quantized beside the part: {text}");
    let vision = written["vision_config"]["quantization_config"]["ignore"].to_string();
    assert!(!vision.contains(r#""encoder.layers.0.mlp.fc1""#), "it is quantized: {vision}");
}

/// A class finds its config by the key or by the type of model, and reads no class there.
#[test]
fn a_part_that_says_little_of_itself() {
    let (config, modules) = clip();
    let written = |change: &dyn Fn(&mut Value)| {
        let mut config = config.clone();
        change(&mut config["text_config"]);
        let model = of_class(&config, &modules);
        quantized(&model, &["--ignore", modules[0]]);
        config_of(&model)["text_config"]["quantization_config"].clone()
    };
    let plain = written(&|_| ());
    assert!(plain["ignore"].to_string().contains(r#""encoder.layers.0.mlp.fc1""#), "{plain}");
    let changes: [(&str, Option<Value>); 6] = [
        ("model_type", None),
        ("model_type", Some(json!("that nobody knows"))),
        ("architectures", Some(json!(["CLIPModel"]))),
        ("architectures", Some(json!(["CLIPTextModelWithProjection"]))),
        ("architectures", Some(Value::Null)),
        ("auto_map", Some(json!({ "AutoModel": "its.Own" }))),
    ];
    for (key, value) in changes {
        let found = written(&|part| match &value {
            Some(value) => part[key] = value.clone(),
            None => part.as_object_mut().unwrap().retain(|name, _| name != key),
        });
        assert_eq!(found, plain, "{key}: {value:?}");
    }
}

/// A pattern is for the names of the whole model. In a part it may match other modules.
#[test]
fn patterns_are_not_for_parts() {
    let (config, modules) = clip();
    for pattern in [r"re:(vision_model|encoder)\..*", "encoder.layers.1.mlp.fc1"] {
        let model = of_class(&config, &modules);
        quantized(&model, &["--ignore", pattern]);
        let written = config_of(&model);
        let ignore = |config: &Value| config["quantization_config"]["ignore"].to_string();
        assert!(ignore(&written).contains("encoder"), "{written}");
        assert!(!ignore(&written["text_config"]).contains("encoder.layers.1"), "{written}");
        assert!(!ignore(&written["text_config"]).contains("|encoder"), "{written}");
    }
}

/// However many there are, in one pass.
#[test]
fn thousands_of_parts() {
    let (mut config, modules) = clip();
    for i in 0..3000 {
        config[format!("part_{i}")] = config["text_config"].clone();
    }
    let model = of_class(&config, &modules);
    quantized(&model, &[]);
    let written = config_of(&model);
    let text = &written["text_config"]["quantization_config"];
    assert!(text.is_object());
    for i in 0..3000 {
        assert_eq!(written[format!("part_{i}")]["quantization_config"], *text);
    }
}

#[test]
fn a_part_that_is_kept_has_none() {
    let (config, modules) = clip();
    let model = of_class(&config, &modules);
    quantized(&model, &["--ignore", "re:vision_model"]);
    let written = config_of(&model);
    assert_eq!(written["vision_config"], config["vision_config"]);
    assert!(written["text_config"]["quantization_config"].is_object());
}

/// Mixed schemes name the modules of a part as its class does.
#[test]
fn the_schemes_of_a_part() {
    let (config, modules) = clip();
    let model = of_class(&config, &modules);
    quantized(&model, &["--override", &format!("{}=w8a16", modules[1])]);
    let groups = &config_of(&model)["text_config"]["quantization_config"]["config_groups"];
    let targets = ["group_0", "group_1"].map(|group| groups[group]["targets"].to_string());
    for (name, group) in [("encoder.layers.0.mlp.fc1", 0), ("encoder.layers.1.mlp.fc1", 1)] {
        let name = format!("\"{name}\"");
        assert!(targets[group].contains(&name), "{name} in {targets:?}");
        assert!(!targets[1 - group].contains(&name), "{name} in {targets:?}");
    }
}

/// Parts within parts, and all of it taken back.
#[test]
fn parts_of_parts() {
    let config = json!({
        "architectures": ["Qwen2_5OmniForConditionalGeneration"],
        "model_type": "qwen2_5_omni",
        "thinker_config": {
            "model_type": "qwen2_5_omni_thinker",
            "text_config": { "model_type": "qwen2_5_omni_text" },
        },
    });
    let model = of_class(&config, &["thinker.model.layers.0.mlp.up_proj"]);
    quantized(&model, &[]);
    let written = config_of(&model);
    let thinker = &written["thinker_config"];
    for part in [&written, thinker, &thinker["text_config"]] {
        assert!(part["quantization_config"].is_object(), "{part}");
    }
    let (out, back) = (model.out(), model.beside("back"));
    absmax(["dequantize", out.to_str().unwrap(), "-o", back.to_str().unwrap()]).succeeded();
    let text = fs::read_to_string(back.join("config.json")).unwrap();
    assert_eq!(text, fs::read_to_string(model.source().join("config.json")).unwrap());
}
