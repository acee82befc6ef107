#![allow(clippy::unwrap_used)]

use super::*;
use crate::auth::Authenticator;
use crate::names::TopicName;

fn parse(arguments: &[&str]) -> Result<Command, clap::Error> {
    let arguments = ["steadfast-server"].iter().chain(arguments);
    Cli::try_parse_from(arguments).map(|cli| cli.command)
}

fn serve_arguments(arguments: &[&str]) -> ServeArguments {
    match parse(arguments).unwrap() {
        Command::Serve(arguments) => arguments,
        Command::Token(_) => panic!("not serve"),
    }
}

fn token_arguments(arguments: &[&str]) -> TokenArguments {
    match parse(arguments).unwrap() {
        Command::Token(arguments) => arguments,
        Command::Serve(_) => panic!("not token"),
    }
}

#[test]
fn the_command_line_overrides_the_configuration() {
    let config = configuration(&serve_arguments(&[
        "serve",
        "--listen",
        "127.0.0.1:1",
        "--internal-listen",
        "[::1]:2",
        "--dev",
    ]))
    .unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:1");
    assert_eq!(config.internal_listen.unwrap().to_string(), "[::1]:2");
    config.validate().unwrap();
    let config = configuration(&serve_arguments(&["serve", "--dev"])).unwrap();
    assert_eq!(config, Config::dev());
    let config = configuration(&serve_arguments(&["serve"])).unwrap();
    assert_eq!(config, Config::default());
}

#[test]
fn development_access_is_added_to_a_file() {
    let file = std::env::temp_dir().join(format!("steadfast-cli-{}.toml", std::process::id()));
    std::fs::write(&file, "listen = \"127.0.0.1:3\"\n[heartbeat]\ninterval_ms = 5000\n").unwrap();
    let path = file.to_str().unwrap();
    let with = configuration(&serve_arguments(&["serve", "--config", path, "--dev"]));
    let without = configuration(&serve_arguments(&["serve", "--config", path]));
    std::fs::remove_file(&file).unwrap();
    let with = with.unwrap();
    with.validate().unwrap();
    assert_eq!((with.listen.port(), with.heartbeat.interval_ms), (3, 5_000));
    assert!(without.unwrap().validate().is_err());
}

#[test]
fn a_token_is_made_for_development_alone() {
    assert!(parse(&["token", "--tenant", "acme", "--user", "ana"]).is_err());
    let arguments = token_arguments(&["token", "--dev", "--tenant", "acme", "--user", "ana"]);
    assert_eq!(arguments.ttl, Duration::from_secs(3_600));
    assert_eq!(arguments.subscribe, [Pattern::parse("*").unwrap()]);
    assert_eq!(arguments.publish, [Pattern::parse("*").unwrap()]);
}

#[test]
fn given_patterns_replace_the_default_ones() {
    let arguments = token_arguments(&[
        "token",
        "--dev",
        "--tenant",
        "acme",
        "--user",
        "ana",
        "--ttl",
        "90s",
        "--subscribe",
        "a",
        "--subscribe",
        "b.*",
        "--publish",
        "c",
    ]);
    assert_eq!(arguments.subscribe, [Pattern::parse("a").unwrap(), Pattern::parse("b.*").unwrap()]);
    let now = wall_millis();
    let token = token_of(&arguments);
    let principal = Authenticator::new(&Config::dev().auth).unwrap().verify(&token, now).unwrap();
    assert!(principal.expires_in_millis(now) >= 90_000);
    let topic = |name| TopicName::parse(name).unwrap();
    assert!(principal.permissions.may_subscribe(&topic("b.1")));
    assert!(!principal.permissions.may_subscribe(&topic("c")));
    assert!(principal.permissions.may_publish(&topic("c")));
}

#[test]
fn bad_arguments_are_refused() {
    let token = |extra: &[&str]| {
        let base = ["token", "--dev", "--tenant", "acme", "--user", "ana"];
        parse(&base.iter().chain(extra).copied().collect::<Vec<_>>())
    };
    assert!(token(&[]).is_ok());
    for bad in
        [["--ttl", "0s"], ["--ttl", "soon"], ["--ttl", "366d"], ["--subscribe", "a**"], ["--publish", ""]]
    {
        assert!(token(&bad).is_err(), "{bad:?}");
    }
    assert!(parse(&["token", "--dev", "--tenant", "a:b", "--user", "ana"]).is_err());
    assert!(parse(&["serve", "--listen", "nowhere"]).is_err());
    assert!(parse(&[]).is_err());
}
