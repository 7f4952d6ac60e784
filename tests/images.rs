//! The image of an MMS is taken when the message is accepted: what becomes of the file afterwards does not matter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi::message::{Body, Options, Request};
use alimi::{Accepted, Client, Code, Result};
use common::{PATIENCE, configuration, start};
use serde_json::json;
use std::path::Path;

/// The head of a JPEG of 8 x 8 pixels; what follows makes pictures differ.
const JPEG: [u8; 15] = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];

fn send(client: &Client, key: &str, image: &Path) -> Result<Accepted> {
    client.send(Request {
        key: key.to_owned(),
        to: "010-0000-0000".to_owned(),
        body: Body::Text { text: "오시는 길".to_owned() },
        options: Options { image: Some(image.to_str().unwrap().to_owned()), ..Options::default() },
    })
}

#[test]
fn an_mms_is_delivered_with_an_image_whose_file_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let client = start(&configuration(folder.path(), &json!({}))).unwrap();
    let file = folder.path().join("map.jpg");
    std::fs::write(&file, [&JPEG[..], &[7; 300_000]].concat()).unwrap();
    send(&client, "a", &file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let result = client.poll(PATIENCE).unwrap().unwrap();
    assert_eq!((result.state.word(), result.channel.word()), ("delivered", "mms"));
}

#[test]
fn the_same_key_is_the_same_message_with_the_same_picture_whatever_its_path_and_another_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let client = start(&configuration(folder.path(), &json!({}))).unwrap();
    let file = |name: &str, mark: u8| {
        let path = folder.path().join(name);
        std::fs::write(&path, [&JPEG[..], &[mark]].concat()).unwrap();
        path
    };
    assert!(!send(&client, "a", &file("one.jpg", 1)).unwrap().duplicate);
    assert!(send(&client, "a", &file("two.jpg", 1)).unwrap().duplicate);
    assert_eq!(send(&client, "a", &file("one.jpg", 2)).unwrap_err().code(), Code::KeyConflict);
}
