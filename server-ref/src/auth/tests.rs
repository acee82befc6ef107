#![allow(clippy::unwrap_used)]

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::config::Secret;
use crate::names::TopicName;

const NOW: u64 = 1_800_000_000_000;
const SECRET: &str = "a secret of more than thirty-two bytes";

fn hs256(id: &str, secret: &str) -> TokenKeyConfig {
    TokenKeyConfig {
        id: id.to_owned(),
        algorithm: TokenAlgorithm::HS256,
        secret: Some(Secret::new(secret)),
        secret_file: None,
        public_key: None,
        public_key_file: None,
    }
}

fn public(id: &str, algorithm: TokenAlgorithm, pem: String) -> TokenKeyConfig {
    TokenKeyConfig { algorithm, secret: None, public_key: Some(pem), ..hs256(id, "") }
}

fn authenticator(keys: Vec<TokenKeyConfig>) -> Authenticator {
    let issuers = vec!["https://id.example".to_owned()];
    Authenticator::new(&AuthConfig { issuers, keys, ..AuthConfig::default() }).unwrap()
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "steadfast", "exp": NOW / 1_000 + 60, "sub": "ana", "tenant": "acme",
        "subscribe": ["incidents", "site.*"], "publish": ["notes"],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn sign(kid: Option<&str>, claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::default() };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

fn verify(claims: &Value) -> Result<Principal, AuthError> {
    authenticator(vec![hs256("one", SECRET)]).verify(&sign(Some("one"), claims), NOW)
}

fn fault(fault: TokenFault) -> Result<Principal, AuthError> {
    Err(AuthError::Unauthorized(fault))
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

/// A new key pair: the public half as PEM, the private one as the signer wants it.
fn p256() -> (String, EncodingKey) {
    ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING)
}

fn ecdsa(curve: &'static EcdsaSigningAlgorithm) -> (String, EncodingKey) {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(curve, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8.as_ref()).unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (pem(public.as_ref()), EncodingKey::from_ec_der(pkcs8.as_ref()))
}

fn ed25519() -> (String, EncodingKey) {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (pem(public.as_ref()), EncodingKey::from_ed_der(pkcs8.as_ref()))
}

#[test]
fn a_good_token_says_who_and_what() {
    let principal = verify(&claims()).unwrap();
    assert_eq!(principal.tenant.as_str(), "acme");
    assert_eq!(principal.user.as_str(), "ana");
    assert_eq!(principal.expires_at_millis, NOW + 60_000);
    assert_eq!(principal.expires_in_millis(NOW + 20_000), 40_000);
    assert_eq!(principal.expires_in_millis(NOW + 70_000), 0);
    let topic = |name| TopicName::parse(name).unwrap();
    assert!(principal.permissions.may_subscribe(&topic("site.7")));
    assert!(!principal.permissions.may_subscribe(&topic("notes")));
    assert!(principal.permissions.may_publish(&topic("notes")));
    assert!(!principal.permissions.may_publish(&topic("incidents")));
}

#[test]
fn a_token_without_permissions_allows_nothing() {
    let principal = verify(&json!({
        "iss": "https://id.example", "aud": ["other", "steadfast"], "exp": NOW / 1_000 + 60, "sub": "ana",
        "tenant": "acme",
    }));
    assert_eq!(principal.unwrap().permissions, Permissions::default());
}

#[test]
fn each_claim_that_is_required_is_missed() {
    for claim in ["iss", "aud", "sub", "exp", "tenant"] {
        assert_eq!(verify(&without(claim)), fault(TokenFault::MissingClaim(claim)), "{claim}");
    }
}

#[test]
fn each_claim_is_checked() {
    assert_eq!(verify(&with("iss", json!("https://evil.example"))), fault(TokenFault::WrongIssuer));
    assert_eq!(verify(&with("aud", json!("another-server"))), fault(TokenFault::WrongAudience));
    assert_eq!(verify(&with("tenant", json!("acme:globex"))), fault(TokenFault::BadClaim("tenant")));
    assert_eq!(verify(&with("sub", json!(""))), fault(TokenFault::BadClaim("sub")));
    assert_eq!(verify(&with("subscribe", json!(["a**"]))), fault(TokenFault::BadClaim("subscribe")));
    assert_eq!(verify(&with("publish", json!(vec!["a"; 257]))), fault(TokenFault::BadClaim("publish")));
    assert_eq!(verify(&with("exp", json!(1e300))), fault(TokenFault::BadClaim("exp")));
    assert_eq!(verify(&with("exp", json!(-1))), fault(TokenFault::BadClaim("exp")));
    assert_eq!(verify(&with("exp", json!("tomorrow"))), fault(TokenFault::Malformed));
}

#[test]
fn the_life_of_a_token_ends_after_the_leeway() {
    let ends_at = |millis: u64| verify(&with("exp", json!(millis as f64 / 1_000.0)));
    assert!(ends_at(NOW - 4_999).is_ok());
    assert_eq!(ends_at(NOW - 5_000), Err(AuthError::TokenExpired));
    let begins_at = |millis: u64| verify(&with("nbf", json!(millis as f64 / 1_000.0)));
    assert!(begins_at(NOW + 5_000).is_ok());
    assert_eq!(begins_at(NOW + 5_001), fault(TokenFault::NotYetValid));
}

#[test]
fn an_expired_token_that_no_renewal_mends_is_unauthorized() {
    let mut expired = with("exp", json!(NOW / 1_000 - 60));
    assert_eq!(verify(&expired), Err(AuthError::TokenExpired));
    expired["iss"] = json!("https://evil.example");
    assert_eq!(verify(&expired), fault(TokenFault::WrongIssuer));
}

#[test]
fn the_key_is_chosen_by_its_id() {
    let other = "another secret of more than thirty-two bytes";
    let two = authenticator(vec![hs256("old", other), hs256("new", SECRET)]);
    assert!(two.verify(&sign(Some("new"), &claims()), NOW).is_ok());
    assert_eq!(two.verify(&sign(Some("old"), &claims()), NOW), fault(TokenFault::BadSignature));
    assert_eq!(two.verify(&sign(Some("none"), &claims()), NOW), fault(TokenFault::UnknownKey));
    assert_eq!(two.verify(&sign(None, &claims()), NOW), fault(TokenFault::UnknownKey));
    let one = authenticator(vec![hs256("one", SECRET)]);
    assert!(one.verify(&sign(None, &claims()), NOW).is_ok());
}

#[test]
fn es256_and_eddsa_tokens_are_verified() {
    for (algorithm, name, (pem, signer)) in [
        (TokenAlgorithm::ES256, Algorithm::ES256, p256()),
        (TokenAlgorithm::EdDSA, Algorithm::EdDSA, ed25519()),
    ] {
        let server = authenticator(vec![public("key", algorithm, pem)]);
        let header = Header { kid: Some("key".to_owned()), ..Header::new(name) };
        let token = jsonwebtoken::encode(&header, &claims(), &signer).unwrap();
        assert!(server.verify(&token, NOW).is_ok(), "{name:?}");
        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(with("tenant", json!("globex")).to_string());
        let forged = format!("{head}.{other}.{signature}");
        assert_eq!(server.verify(&forged, NOW), fault(TokenFault::BadSignature), "{name:?}");
    }
}

#[test]
fn the_algorithm_is_the_keys_and_not_the_tokens() {
    let (pem, _) = p256();
    let server = authenticator(vec![public("key", TokenAlgorithm::ES256, pem.clone())]);
    // The classic confusion: the public key, known to all, used as an HMAC secret.
    let header = Header { kid: Some("key".to_owned()), ..Header::default() };
    let forged = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(pem.as_bytes())).unwrap();
    assert_eq!(server.verify(&forged, NOW), fault(TokenFault::WrongAlgorithm));
    let none = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"key"}"#),
        URL_SAFE_NO_PAD.encode(claims().to_string())
    );
    assert!(matches!(server.verify(&none, NOW), Err(AuthError::Unauthorized(_))));
}

#[test]
fn a_key_of_another_kind_is_refused_at_start() {
    let (p256, _) = p256();
    let (p384, _) = ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING);
    let (ed25519, _) = ed25519();
    for (algorithm, pem) in [
        (TokenAlgorithm::EdDSA, p256),
        (TokenAlgorithm::ES256, ed25519),
        (TokenAlgorithm::ES256, p384),
        (TokenAlgorithm::ES256, "no PEM".to_owned()),
    ] {
        let config = AuthConfig { keys: vec![public("key", algorithm, pem)], ..AuthConfig::default() };
        assert!(matches!(Authenticator::new(&config), Err(ConfigError::Invalid { .. })), "{algorithm:?}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let server = authenticator(vec![hs256("one", SECRET)]);
    for text in ["", ".", "..", "a.b.c", "Bearer x", &"a".repeat(20_000)] {
        assert_eq!(server.verify(text, NOW), fault(TokenFault::Malformed));
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"one","crit":["b64"]}"#);
    assert_eq!(server.verify(&format!("{header}.e30.AA"), NOW), fault(TokenFault::CriticalExtension));
}

#[test]
fn errors_say_whether_a_renewal_helps() {
    let expired = AuthError::TokenExpired.to_wire();
    assert_eq!((expired.code.as_str(), expired.retryable), ("token_expired", true));
    let refused = AuthError::Unauthorized(TokenFault::BadSignature).to_wire();
    assert_eq!((refused.code.as_str(), refused.retryable), ("unauthorized", false));
}

#[test]
fn a_development_token_works_in_the_development_profile_alone() {
    let token = crate::dev::DevToken {
        tenant: TenantId::parse("acme").unwrap(),
        user: UserId::parse("ana").unwrap(),
        subscribe: vec![Pattern::parse("*").unwrap()],
        publish: vec![],
        expires_at: NOW / 1_000 + 60,
    }
    .sign();
    let dev = crate::config::Config::dev();
    let principal = Authenticator::new(&dev.auth).unwrap().verify(&token, NOW).unwrap();
    assert_eq!(principal.user.as_str(), "ana");
    let server = authenticator(vec![hs256("one", SECRET)]);
    assert_eq!(server.verify(&token, NOW), fault(TokenFault::UnknownKey));
}

#[test]
fn keys_are_not_shown() {
    let shown = format!("{:?}", authenticator(vec![hs256("one", SECRET)]));
    assert!(!shown.contains(SECRET));
    assert!(!shown.contains("115, 101, 99, 114, 101, 116"), "the secret's bytes are shown");
}
