//! The README does not lie: its C program is the one that is compiled, its configuration is one that is accepted, its
//! sandbox does what its table says.

use alimi::Settings;

const README: &str = include_str!("../README.md");

/// The fenced blocks of a language.
fn blocks(text: &'static str, language: &str) -> Vec<&'static str> {
    let opening = format!("\n```{language}\n");
    text.split(opening.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_c_program_of_the_readme_is_the_one_that_is_compiled() {
    assert_eq!(blocks(README, "c"), [include_str!("../examples/c/minimal.c")]);
}

#[test]
fn every_configuration_of_the_readme_is_accepted() {
    let configurations = blocks(README, "json");
    assert!(!configurations.is_empty());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("alimi.key"), "5a".repeat(32)).unwrap();
    for configuration in configurations {
        let file = folder.path().join("alimi.json");
        std::fs::write(&file, configuration).unwrap();
        Settings::parse(file.to_str().unwrap()).unwrap();
    }
}

#[test]
fn the_configurations_of_the_examples_are_accepted() {
    Settings::parse(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/quickstart.json")).unwrap();
    Settings::parse(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/simulator.json")).unwrap();
}

#[test]
fn every_gateway_of_the_manual_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let configurations = blocks(include_str!("../docs/gateways.md"), "json");
    for configuration in &configurations {
        let mut whole: serde_json::Value = serde_json::from_str(configuration).unwrap();
        whole["outbox"] = serde_json::json!({"encryption": "none", "path": folder.path().join("alimi.db")});
        Settings::parse(&whole.to_string()).unwrap();
    }
    for vendor in ["nhncloud", "solapi", "bizgo", "sens", "aligo"] {
        assert!(configurations.iter().any(|text| text.contains(&format!("\"type\": \"{vendor}\""))), "{vendor}");
    }
}
