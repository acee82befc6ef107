#![allow(clippy::unwrap_used)]

use steadfast_core::TopicClass;

use super::*;

const KEY: &str = r#"
[[auth.keys]]
id = "one"
algorithm = "HS256"
secret = "a secret of more than thirty-two bytes"
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    let config = Config::from_toml(text)?;
    config.validate()?;
    Ok(config)
}

/// A whole configuration with `extra` (tables) added to what every server needs.
fn parse_with(extra: &str) -> Result<Config, ConfigError> {
    parse(&format!("[auth]\nissuers = [\"https://id.example\"]\n{KEY}\n{extra}"))
}

fn out_of_range(extra: &str) -> (String, u64, u64, u64) {
    match parse_with(extra) {
        Err(ConfigError::OutOfRange { key, value, least, most }) => (key, value, least, most),
        other => panic!("{extra} gave {other:?}"),
    }
}

fn invalid(result: Result<Config, ConfigError>) -> String {
    match result {
        Err(ConfigError::Invalid { key, .. }) => key,
        other => panic!("expected an invalid value, got {other:?}"),
    }
}

#[test]
fn the_development_profile_is_valid_and_the_bare_default_has_no_keys() {
    Config::dev().validate().unwrap();
    assert_eq!(invalid(parse("")), "auth.keys");
}

#[test]
fn a_file_with_a_key_gets_every_default() {
    let config = parse_with("").unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.heartbeat.interval_ms, 25_000);
    assert_eq!(config.topics.policy("kpis").class(), TopicClass::State);
}

#[test]
fn unknown_keys_are_refused_with_their_line() {
    let error = parse("listen = \"127.0.0.1:1\"\n[heartbeat]\ninterval = 3\n").unwrap_err();
    assert!(matches!(&error, ConfigError::Syntax { line: Some(3), problem } if problem.contains("interval")));
    assert!(matches!(parse("nonsense"), Err(ConfigError::Syntax { .. })));
    assert!(matches!(parse("[limits]\nmax_topics = -1"), Err(ConfigError::Syntax { .. })));
}

#[test]
fn numbers_out_of_range_name_key_value_and_range() {
    let cases = [
        ("[heartbeat]\ninterval_ms = 4999", ("heartbeat.interval_ms", 4_999, 5_000, 60_000)),
        ("[poll]\nwait_ms = 25001", ("poll.wait_ms", 25_001, 0, 25_000)),
        ("[limits]\nmax_topics = 257", ("limits.max_topics", 257, 1, 256)),
        ("[limits]\nframes_per_second = 0", ("limits.frames_per_second", 0, 1, 1_000_000)),
        ("[limits]\nmax_hello_bytes = 2000000", ("limits.max_hello_bytes", 2_000_000, 1_024, 1_048_576)),
        ("[drain]\ndeadline_ms = 24999", ("drain.deadline_ms", 24_999, 25_000, 3_600_000)),
        ("[drain]\nreconnect_min_ms = 10001", ("drain.reconnect_min_ms", 10_001, 0, 10_000)),
        ("[totals]\nbytes_in_all = 2000000", ("totals.bytes_per_tenant", 67_108_864, 1_048_576, 2_000_000)),
        ("[presence]\nlease_ms = 1", ("presence.lease_ms", 1, 10_000, 600_000)),
    ];
    for (text, (key, value, least, most)) in cases {
        assert_eq!(out_of_range(text), (key.to_owned(), value, least, most));
    }
    let text = parse_with("[poll]\nwait_ms = 25001").unwrap_err().to_string();
    assert_eq!(text, "poll.wait_ms is 25001, outside of its range; set it to a value from 0 to 25000");
}

#[test]
fn a_log_keeps_more_than_a_client_buffers() {
    let rule = "[[topics]]\npattern = \"a\"\nclass = \"log\"\n";
    let (key, _, least, _) = out_of_range(&format!("{rule}history_events = 1024"));
    assert_eq!((key.as_str(), least), ("topics[0].history_events", 1_025));
    let (key, _, least, _) = out_of_range(&format!("{rule}history_bytes = 4194304"));
    assert_eq!((key.as_str(), least), ("topics[0].history_bytes", 4_194_305));
    assert!(parse_with(&format!("{rule}history_events = 1025\nhistory_bytes = 4194305")).is_ok());
}

#[test]
fn the_first_rule_that_matches_counts_and_the_built_in_ones_come_last() {
    let config = parse_with(
        r#"
        [[topics]]
        pattern = "site.*"
        class = "state"
        max_keys = 50
        [[topics]]
        pattern = "site.log"
        class = "log"
        [[topics]]
        pattern = "alarms"
        class = "log"
        history_events = 2000
        acknowledgements = "each"
        "#,
    )
    .unwrap();
    let class = |topic| config.topics.policy(topic).class();
    assert_eq!(class("site.log"), TopicClass::State);
    assert_eq!(class("kpis"), TopicClass::State);
    assert_eq!(class("transcription.progress"), TopicClass::Ephemeral);
    assert_eq!(class("transcription.chunk"), TopicClass::Log);
    assert_eq!(class("incidents"), TopicClass::Log);
    assert_eq!(
        config.topics.policy("alarms"),
        &TopicPolicy::Log(
            LogRetention { history_events: 2_000, ..LogRetention::default() },
            Acknowledgements::Each
        )
    );
}

#[test]
fn the_servers_own_topics_follow_no_rule() {
    let config = parse_with("[[topics]]\npattern = \"*\"\nclass = \"ephemeral\"").unwrap();
    let class = |topic| config.topics.policy(topic).class();
    assert_eq!(class("user"), TopicClass::Log);
    assert_eq!(class("user:ana"), TopicClass::Log);
    assert_eq!(class("users"), TopicClass::Ephemeral);
    assert_eq!(class("open:incidents"), TopicClass::State);
    assert_eq!(class("presence:incidents"), TopicClass::State);
    assert_eq!(class("kpis"), TopicClass::Ephemeral);
}

#[test]
fn a_rule_takes_only_the_keys_of_its_class() {
    let error =
        parse_with("[[topics]]\npattern = \"a\"\nclass = \"state\"\nhistory_events = 5000").unwrap_err();
    assert!(error.to_string().contains("`history_events` means nothing for the class `state`"), "{error}");
}

#[test]
fn token_keys_fit_their_algorithm() {
    let key = |rest: &str| {
        parse(&format!("[auth]\nissuers = [\"i\"]\n[[auth.keys]]\nid = \"k\"\nalgorithm = {rest}\n"))
    };
    for bad in [
        "\"HS256\"",
        "\"HS256\"\nsecret = \"too short\"",
        "\"HS256\"\npublic_key = \"PEM\"",
        "\"ES256\"\nsecret = \"a secret of more than thirty-two bytes\"",
        "\"ES256\"\npublic_key = \"-----BEGIN PRIVATE KEY-----\"",
        "\"EdDSA\"",
    ] {
        assert_eq!(invalid(key(bad)), "auth.keys[0]", "{bad}");
    }
    assert!(matches!(key("\"RS256\""), Err(ConfigError::Syntax { .. })));
    assert_eq!(invalid(parse(&format!("[auth]\nissuers = [\"i\"]\n{KEY}{KEY}"))), "auth.keys[1].id");
    assert_eq!(invalid(parse(KEY)), "auth.issuers");
}

#[test]
fn api_keys_are_checked() {
    let cases = [
        ("name = \"a b\"\nkey = \"sixteen bytes and more\"", "api_keys[0].name"),
        ("name = \"a\"", "api_keys[0]"),
        ("name = \"a\"\nkey = \"short\"", "api_keys[0]"),
        ("name = \"a\"\nsha256 = \"12\"", "api_keys[0]"),
        ("name = \"a\"\nkey = \"sixteen bytes and more\"\ntenants = [\"a:b\"]", "api_keys[0].tenants"),
    ];
    for (text, key) in cases {
        assert_eq!(invalid(parse_with(&format!("[[api_keys]]\n{text}"))), key, "{text}");
    }
}

#[test]
fn secrets_are_in_no_error_and_in_no_debug_form() {
    let config = parse_with("[[api_keys]]\nname = \"a\"\nkey = \"do not show this key\"").unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("do not show") && !shown.contains("thirty-two"), "{shown}");
    let wrong_type = parse("[[api_keys]]\nname = \"a\"\nkey = 123456789\n").unwrap_err();
    assert!(!wrong_type.to_string().contains("123456789"), "{wrong_type}");
    let wrong_place = parse("[[auth.keys]]\nid = 5\nsecret = \"do not show\"\n").unwrap_err();
    assert!(!wrong_place.to_string().contains("do not show"), "{wrong_place}");
}

#[test]
fn key_files_are_read_beside_the_configuration() {
    let directory = std::env::temp_dir().join(format!("steadfast-config-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("secret"), "a secret of more than thirty-two bytes\n").unwrap();
    let text = "[auth]\nissuers = [\"i\"]\n[[auth.keys]]\nid = \"k\"\nalgorithm = \"HS256\"\n";
    let file = directory.join("server.toml");
    std::fs::write(&file, format!("{text}secret_file = \"secret\"\n")).unwrap();
    let good = Config::load(&file).unwrap();
    std::fs::write(&file, format!("{text}secret_file = \"missing\"\n")).unwrap();
    let missing = Config::load(&file).unwrap_err();
    std::fs::write(&file, format!("{text}secret_file = \"secret\"\nsecret = \"x\"\n")).unwrap();
    let both = Config::load(&file).unwrap_err();
    std::fs::remove_dir_all(&directory).unwrap();
    good.validate().unwrap();
    assert_eq!(good.auth.keys[0].secret.as_ref().unwrap().expose(), "a secret of more than thirty-two bytes");
    assert!(matches!(missing, ConfigError::Unreadable { .. }));
    assert!(matches!(both, ConfigError::Invalid { .. }));
}

#[test]
fn origins_are_exact_but_for_a_free_port() {
    let rule = |text: &str| OriginRule::try_from(text.to_owned());
    let exact = rule("https://app.example").unwrap();
    assert!(exact.allows("https://app.example"));
    for other in
        ["http://app.example", "https://app.example:8443", "https://app.example.evil.example", "null", ""]
    {
        assert!(!exact.allows(other), "{other}");
    }
    let any_port = rule("http://localhost:*").unwrap();
    assert!(any_port.allows("http://localhost:3000") && any_port.allows("http://localhost"));
    for other in
        ["http://localhost.evil.example", "http://localhost:evil", "http://localhost:+1", "http://localhost:"]
    {
        assert!(!any_port.allows(other), "{other}");
    }
    for bad in [
        "*",
        "app.example",
        "https://*.example",
        "https://App.example",
        "https://a.example/",
        "https://a:443",
    ] {
        assert!(rule(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_cap_of_connections_stays_below_the_limit_of_open_files() {
    let default = Limits::default();
    assert_eq!(default.connection_cap(Some(20_000)), Ok(19_744));
    assert_eq!(default.connection_cap(Some(1_048_576)), Ok(50_000));
    assert_eq!(default.connection_cap(None), Ok(50_000));
    assert!(default.connection_cap(Some(256)).is_err());
    let chosen = Limits { max_connections: Some(12_500), ..Limits::default() };
    assert_eq!(chosen.connection_cap(Some(20_000)), Ok(12_500));
    assert_eq!(
        chosen.connection_cap(Some(4_096)),
        Err(ConfigError::OutOfRange {
            key: "limits.max_connections".to_owned(),
            value: 12_500,
            least: 1,
            most: 3_840
        })
    );
}
