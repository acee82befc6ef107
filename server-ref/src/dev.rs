//! The development profile: keys that everyone knows, and tokens signed with them.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::config::{ApiKeyConfig, Config, OriginRule, Secret, TokenAlgorithm, TokenKeyConfig};
use crate::names::{TenantId, UserId};
use crate::permissions::Pattern;

/// The API key of the development profile.
pub const DEV_API_KEY: &str = "dev";

const KEY_ID: &str = "dev";
const SECRET: &str = "steadfast development secret: everyone knows it";
const ISSUER: &str = "steadfast-dev";
const AUDIENCE: &str = "steadfast";
/// SHA-256 of [`DEV_API_KEY`]. A hash has no least length, and this key is short on purpose.
const API_KEY_SHA256: &str = "ef260e9aa3c673af240d17a2660480361a8e081d1ffeca2a5ed0e3219fc18567";

/// What a development token says.
#[derive(Clone, Debug)]
pub struct DevToken {
    /// The tenant.
    pub tenant: TenantId,
    /// The user, the token's `sub`.
    pub user: UserId,
    /// The topics that the user may subscribe to.
    pub subscribe: Vec<Pattern>,
    /// The topics that the user may publish to.
    pub publish: Vec<Pattern>,
    /// When the token's life ends, in seconds since the Unix epoch.
    pub expires_at: u64,
}

impl DevToken {
    /// The signed token, which a server accepts only in the development profile.
    pub fn sign(&self) -> String {
        #[derive(Serialize)]
        struct Claims<'a> {
            iss: &'static str,
            aud: &'static str,
            exp: u64,
            sub: &'a str,
            tenant: &'a str,
            subscribe: Vec<&'a str>,
            publish: Vec<&'a str>,
        }
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            exp: self.expires_at,
            sub: self.user.as_str(),
            tenant: self.tenant.as_str(),
            subscribe: self.subscribe.iter().map(Pattern::as_str).collect(),
            publish: self.publish.iter().map(Pattern::as_str).collect(),
        };
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
            .expect("plain claims serialise, and HMAC signs anything")
    }
}

/// Adds the development keys and the localhost origins to a configuration.
pub(crate) fn add_access(config: &mut Config) {
    config.auth.issuers.push(ISSUER.to_owned());
    if !config.auth.audiences.iter().any(|audience| audience == AUDIENCE) {
        config.auth.audiences.push(AUDIENCE.to_owned());
    }
    config.auth.keys.push(TokenKeyConfig {
        id: KEY_ID.to_owned(),
        algorithm: TokenAlgorithm::HS256,
        secret: Some(Secret::new(SECRET)),
        secret_file: None,
        public_key: None,
        public_key_file: None,
    });
    config.api_keys.push(ApiKeyConfig {
        name: KEY_ID.to_owned(),
        key: None,
        key_file: None,
        sha256: Some(API_KEY_SHA256.to_owned()),
        tenants: None,
    });
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        for scheme in ["http", "https"] {
            let origin = OriginRule::try_from(format!("{scheme}://{host}:*"));
            config.origins.push(origin.expect("localhost's origins are well formed"));
        }
    }
}
