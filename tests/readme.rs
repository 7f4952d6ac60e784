//! The README does not lie: its C program is the one that is compiled, its configuration is one that is accepted, its
//! sandbox does what its table says.

use alimi::Settings;

const README: &str = include_str!("../README.md");

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("\n```{language}\n");
    README.split(opening.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_c_program_of_the_readme_is_the_one_that_is_compiled() {
    assert_eq!(blocks("c"), [include_str!("../examples/c/minimal.c")]);
}

#[test]
fn every_configuration_of_the_readme_is_accepted() {
    let configurations = blocks("json");
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
fn the_configuration_of_the_examples_is_accepted() {
    Settings::parse(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/quickstart.json")).unwrap();
}
