//! What is run in containers is what was looked at, and is not open to whoever knows the defaults.

use crate::sources::{none, read};

/// Digits of a SHA-256 in hexadecimal.
const DIGEST_DIGITS: usize = 64;

/// What this project builds itself.
const OWN_IMAGE: &str = "grand-arena";

#[test]
fn every_image_is_pinned_by_its_digest() {
    let mut broken = Vec::new();
    for (file, word) in [("Dockerfile", "FROM "), ("compose.yaml", "image: ")] {
        let text = read(file);
        let images = text.lines().filter_map(|line| line.trim().strip_prefix(word));
        let images: Vec<&str> = images
            .filter_map(|rest| rest.split(' ').next())
            .filter(|name| *name != OWN_IMAGE)
            .collect();
        assert!(!images.is_empty(), "{file} names images");
        broken.extend(images.iter().filter(|image| !is_pinned(image)).map(|image| {
            format!("{file}: {image}: write its version, @sha256: and the digest of its index")
        }));
    }
    none("what an image's name stands for may change:", &broken);
}

fn is_pinned(image: &str) -> bool {
    image.split_once("@sha256:").is_some_and(|(name, digest)| {
        name.contains(':')
            && digest.len() == DIGEST_DIGITS
            && digest.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

#[test]
fn containers_are_built_by_the_toolchain_of_the_tests() {
    let toolchain: toml::Table = read("rust-toolchain.toml").parse().unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();
    assert!(read("Dockerfile").contains(&format!("FROM rust:{channel}-")), "{channel}");
}

#[test]
fn compose_asks_for_a_password_and_opens_no_explorer() {
    let compose = read("compose.yaml");
    let uses: Vec<&str> =
        compose.split("${ARENA_DB_PASSWORD").skip(1).map(|rest| &rest[..2]).collect();
    assert_eq!(uses, [":?", ":?"], "each use asks for it where it is missing");
    let says = |line: &str| compose.lines().any(|of_file| of_file.trim() == line);
    assert!(says("POSTGRES_USER: arena"), "so that what is looked for below would be found");
    assert!(says("ARENA_PLAYGROUND: \"false\""));
    let ports = compose.split("ports:").nth(1).unwrap();
    assert!(ports.trim_start().starts_with("- \"127.0.0.1:"), "nobody else's way in");
}
