//! Who a client is: tokens verified, and what they allow.

mod error;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

pub use error::{AuthError, TokenFault};

use crate::config::{AuthConfig, ConfigError, TokenAlgorithm, TokenKeyConfig};
use crate::names::{TenantId, UserId};
use crate::permissions::{MAX_PATTERNS, Pattern, Permissions};

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Times from here on (in seconds) are no dates; kept away from overflow.
const LATEST_SECOND: f64 = 253_402_300_800.0;

/// Who a verified token speaks for, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The tenant; every topic name is looked up inside of it.
    pub tenant: TenantId,
    /// The user inside the tenant.
    pub user: UserId,
    /// What the user may subscribe and publish to.
    pub permissions: Permissions,
    /// When the token's life ends, in milliseconds since the Unix epoch. A token within the
    /// leeway of a clock that runs ahead has ended already.
    pub expires_at_millis: u64,
}

impl Principal {
    /// How many milliseconds of the token's life are left; zero when it has ended.
    pub fn expires_in_millis(&self, wall_millis: u64) -> u64 {
        self.expires_at_millis.saturating_sub(wall_millis)
    }
}

/// Verifies tokens against the configured keys.
#[derive(Debug)]
pub struct Authenticator {
    keys: Vec<VerifyingKey>,
    leeway_millis: u64,
}

#[derive(Debug)]
struct VerifyingKey {
    id: String,
    key: DecodingKey,
    validation: Validation,
}

impl Authenticator {
    /// Takes the keys of a configuration.
    ///
    /// # Errors
    /// - [`ConfigError::Invalid`]: a key is missing or is not one of its algorithm.
    pub fn new(config: &AuthConfig) -> Result<Self, ConfigError> {
        let keys = config.keys.iter().enumerate();
        let keys = keys
            .map(|(index, key)| VerifyingKey::new(config, key, &format!("auth.keys[{index}]")))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys, leeway_millis: config.leeway_ms })
    }

    /// Verifies a token at this time (milliseconds since the Unix epoch).
    ///
    /// The token's `kid` chooses the key, and the key alone decides on the algorithm. `iss`, `aud`, `sub`,
    /// `tenant` and `exp` are required; `nbf` counts where it is given; without `subscribe` or `publish`
    /// nothing is allowed.
    ///
    /// # Errors
    /// - [`AuthError::TokenExpired`]: the token was good, but its life is over. A new one helps.
    /// - [`AuthError::Unauthorized`]: the token is not one that this server accepts.
    pub fn verify(&self, token: &str, wall_millis: u64) -> Result<Principal, AuthError> {
        let key = self.key_of(token)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &key.validation)
            .map_err(|error| fault_of(error.kind()))?
            .claims;
        let leeway = self.leeway_millis;
        if millis(claims.nbf.unwrap_or(0.0), "nbf")? > wall_millis.saturating_add(leeway) {
            return Err(TokenFault::NotYetValid.into());
        }
        let exp = claims.exp.ok_or(TokenFault::MissingClaim("exp"))?;
        let expires_at_millis = millis(exp, "exp")?;
        let principal = Principal {
            tenant: name("tenant", claims.tenant, TenantId::parse)?,
            user: name("sub", claims.sub, UserId::parse)?,
            permissions: Permissions::new(
                patterns("subscribe", &claims.subscribe)?,
                patterns("publish", &claims.publish)?,
            ),
            expires_at_millis,
        };
        // Last, so that only a token that a renewal can mend is reported as expired.
        if expires_at_millis.saturating_add(leeway) <= wall_millis {
            return Err(AuthError::TokenExpired);
        }
        Ok(principal)
    }

    fn key_of(&self, token: &str) -> Result<&VerifyingKey, TokenFault> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenFault::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|error| fault_of(error.kind()))?;
        if header.crit.is_some() {
            return Err(TokenFault::CriticalExtension);
        }
        match (header.kid, self.keys.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(TokenFault::UnknownKey),
            (Some(id), keys) => keys.iter().find(|key| key.id == id).ok_or(TokenFault::UnknownKey),
        }
    }
}

impl VerifyingKey {
    fn new(config: &AuthConfig, key: &TokenKeyConfig, place: &str) -> Result<Self, ConfigError> {
        let invalid =
            |problem: &str| ConfigError::Invalid { key: place.to_owned(), problem: problem.to_owned() };
        let pem = || key.public_key.as_deref().ok_or_else(|| invalid("needs `public_key`"));
        let (algorithm, decoding) = match key.algorithm {
            TokenAlgorithm::HS256 => {
                let secret = key.secret.as_ref().ok_or_else(|| invalid("needs `secret`"))?;
                (Algorithm::HS256, DecodingKey::from_secret(secret.expose().as_bytes()))
            }
            TokenAlgorithm::ES256 => {
                let decoding = DecodingKey::from_ec_pem(pem()?.as_bytes()).ok();
                // A point on P-256, uncompressed: other curves have other lengths.
                let decoding = decoding.filter(|key| has_length(key, 65));
                (Algorithm::ES256, decoding.ok_or_else(|| invalid("is no P-256 public key in PEM form"))?)
            }
            TokenAlgorithm::EdDSA => {
                let decoding = DecodingKey::from_ed_pem(pem()?.as_bytes()).ok();
                let decoding = decoding.filter(|key| has_length(key, 32));
                (Algorithm::EdDSA, decoding.ok_or_else(|| invalid("is no Ed25519 public key in PEM form"))?)
            }
        };
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&config.issuers);
        validation.set_audience(&config.audiences);
        validation.required_spec_claims = HashSet::from(["iss", "aud", "sub"].map(str::to_owned));
        // The library would take the time from the system; `verify` takes it from its caller.
        validation.validate_exp = false;
        Ok(Self { id: key.id.clone(), key: decoding, validation })
    }
}

/// What is read from a token's payload; `iss` and `aud` are checked by the library.
#[derive(Deserialize)]
struct Claims {
    exp: Option<f64>,
    nbf: Option<f64>,
    sub: Option<String>,
    tenant: Option<String>,
    #[serde(default)]
    subscribe: Vec<String>,
    #[serde(default)]
    publish: Vec<String>,
}

fn has_length(key: &DecodingKey, length: usize) -> bool {
    key.try_get_as_bytes().is_ok_and(|bytes| bytes.len() == length)
}

fn fault_of(kind: &ErrorKind) -> TokenFault {
    match kind {
        ErrorKind::InvalidSignature => TokenFault::BadSignature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            TokenFault::WrongAlgorithm
        }
        ErrorKind::InvalidIssuer => TokenFault::WrongIssuer,
        ErrorKind::InvalidAudience => TokenFault::WrongAudience,
        ErrorKind::MissingRequiredClaim(claim) => TokenFault::MissingClaim(match claim.as_str() {
            "iss" => "iss",
            "aud" => "aud",
            _ => "sub",
        }),
        _ => TokenFault::Malformed,
    }
}

fn millis(seconds: f64, claim: &'static str) -> Result<u64, TokenFault> {
    if !(0.0..LATEST_SECOND).contains(&seconds) {
        return Err(TokenFault::BadClaim(claim));
    }
    Ok((seconds * 1_000.0) as u64)
}

fn name<N, E>(
    claim: &'static str,
    text: Option<String>,
    parse: impl Fn(&str) -> Result<N, E>,
) -> Result<N, TokenFault> {
    let text = text.ok_or(TokenFault::MissingClaim(claim))?;
    parse(&text).map_err(|_| TokenFault::BadClaim(claim))
}

fn patterns(claim: &'static str, texts: &[String]) -> Result<Vec<Pattern>, TokenFault> {
    if texts.len() > MAX_PATTERNS {
        return Err(TokenFault::BadClaim(claim));
    }
    let patterns = texts.iter().map(|text| Pattern::parse(text));
    patterns.collect::<Result<_, _>>().map_err(|_| TokenFault::BadClaim(claim))
}
