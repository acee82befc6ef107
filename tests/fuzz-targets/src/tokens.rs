//! Tokens: as they come, and with a good signature over any header and claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use steadfast_server::{Authenticator, Config, Principal};

use crate::server::BEGINNING;

const SECRET: &str = "a secret of the fuzzer, which is long enough";

const CONFIG: &str = r#"
[auth]
issuers = ["fuzz"]
audiences = ["steadfast"]

[[auth.keys]]
id = "k"
algorithm = "HS256"
secret = "a secret of the fuzzer, which is long enough"
"#;

/// A token: the text itself, or, with a zero byte between header and claims, those with a good signature.
pub fn token(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let config = Config::from_toml(CONFIG).expect("this is a configuration");
    let authenticator = Authenticator::new(&config.auth).expect("its key is one");
    let accepted = match text.split_once('\0') {
        None => authenticator.verify(text, BEGINNING),
        Some((header, claims)) => authenticator.verify(&signed(header, claims), BEGINNING),
    };
    match accepted {
        Ok(principal) => check(&principal, text),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256);
    format!("{message}.{}", signature.expect("HMAC signs anything"))
}

fn check(principal: &Principal, text: &str) {
    assert!(text.contains('\0'), "a token without our signature is accepted");
    // The leeway of 5 s is the default.
    assert!(principal.expires_at_millis + 5_000 > BEGINNING, "an expired token is accepted");
    assert!(!principal.tenant.as_str().contains([':', '{', '*']), "{:?}", principal.tenant);
    assert!(!principal.user.as_str().contains([':', '{', '*']), "{:?}", principal.user);
}
