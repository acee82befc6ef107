//! Every vector file, every vector.

use std::collections::HashSet;

use steadfast_core::Slot;
use steadfast_core::json::{
    MAX_BATCH, decode_client, decode_client_binary, decode_server, decode_server_binary,
};

use crate::normal;
use crate::value::Value;

/// How many frames an exchange may hold here.
const EXCHANGE_FRAMES: usize = 2_000;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../tests/vectors/", $name)))),*]
    };
}

const FILES: [(&str, &str); 9] = files![
    "binary.json",
    "client-frames.json",
    "client-messages.json",
    "integers.json",
    "server-control.json",
    "server-events.json",
    "strings.json",
    "structure.json",
    "topic-results.json",
];

#[test]
fn every_vector_is_decoded_as_it_says() {
    let mut wrong = Vec::new();
    let mut names = HashSet::new();
    for (file, text) in FILES {
        let vectors = Value::parse(text).unwrap_or_else(|| panic!("{file} is not JSON"));
        assert!(!vectors.list().is_empty(), "{file} holds nothing");
        for vector in vectors.list() {
            let name = vector.member("name").expect("a vector has a name").string();
            assert!(names.insert(name.clone()), "{file}: two vectors are named `{name}`");
            let expected = vector.member("expect").expect("a vector says what to expect").list();
            let decoded = decode(vector);
            if decoded != expected {
                wrong.push(format!(
                    "{file}: {name}\n  expected {}\n  decoded  {}",
                    show(expected),
                    show(&decoded)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} vectors:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_vector_file_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the vectors' folder can be read")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    found.sort();
    assert_eq!(found, FILES.map(|(name, _)| name));
}

fn decode(vector: &Value) -> Vec<Value> {
    let most = if vector.member("over").is_some() { EXCHANGE_FRAMES } else { MAX_BATCH };
    let text = vector.member("text").map(Value::string);
    let bytes = vector.member("hex").map(|hex| from_hex(&hex.string()));
    let mut topics = Vec::new();
    let mut slot_of = |name: &str| {
        topics.push(name.to_owned());
        Slot(u32::try_from(topics.len() - 1).unwrap())
    };
    match (vector.member("direction").expect("a vector has a direction").string().as_str(), text, bytes) {
        ("server", Some(text), None) => {
            let mut frames = Vec::new();
            decode_server(&text, most, &mut slot_of, &mut |frame| frames.push(frame));
            frames.into_iter().map(|frame| normal::server(frame, &topics)).collect()
        }
        ("server", None, Some(bytes)) => {
            let frame = decode_server_binary(&bytes, &mut slot_of);
            vec![normal::server(frame, &topics)]
        }
        ("client", Some(text), None) => decode_client(&text, most).into_iter().map(normal::client).collect(),
        ("client", None, Some(bytes)) => vec![normal::client(decode_client_binary(&bytes))],
        (direction, ..) => panic!("not a vector: from {direction}, with text or hex, one of them"),
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "hex has two digits a byte");
    text.as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect()
}

/// Short enough to be read in a failure.
fn show(frames: &[Value]) -> String {
    let text: String = frames.iter().map(show_value).collect::<Vec<_>>().join(", ");
    text.chars().take(600).collect()
}

fn show_value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(units) => format!("{:?}", String::from_utf16_lossy(units)),
        Value::List(elements) => {
            format!("[{}]", elements.iter().map(show_value).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}:{}", String::from_utf16_lossy(name), show_value(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}
