//! Keys: of the tokens that clients bring, and of the backends that publish.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{self, ConfigError, in_range};
use super::secret::Secret;
use crate::names::TenantId;

/// The shortest HS256 secret, in bytes: as long as the hash, as RFC 7518 demands.
const MIN_SECRET_BYTES: usize = 32;

/// The shortest API key, in bytes. A key given as a hash cannot be measured.
const MIN_API_KEY_BYTES: usize = 16;

/// Whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The accepted `iss` claims. Default: none; at least one is needed.
    pub issuers: Vec<String>,
    /// The accepted `aud` claims, at least one. Default: `steadfast`.
    pub audiences: Vec<String>,
    /// How far the clocks of issuer and server may differ. Default 5 s, at most 5 min.
    pub leeway_ms: u64,
    /// The keys that sign tokens. Default: none; at least one is needed.
    pub keys: Vec<TokenKeyConfig>,
}

/// One key that signs tokens.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenKeyConfig {
    /// The `kid` of the tokens that this key signs. A token without `kid` is accepted only while
    /// there is one key.
    pub id: String,
    /// The one algorithm that this key is used with, whatever a token's header says.
    pub algorithm: TokenAlgorithm,
    /// HS256: the shared secret, at least 32 bytes.
    pub secret: Option<Secret>,
    /// HS256: a file with the secret; blanks at its ends are dropped.
    pub secret_file: Option<PathBuf>,
    /// ES256, EdDSA: the public key as PEM text.
    pub public_key: Option<String>,
    /// ES256, EdDSA: a file with the public key as PEM text.
    pub public_key_file: Option<PathBuf>,
}

/// The algorithms with which tokens can be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256 and a shared secret.
    HS256,
    /// ECDSA over P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

/// One key with which a backend publishes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyConfig {
    /// What the key is called in audit lines and metrics.
    pub name: String,
    /// The key as given to the backend, at least 16 characters.
    pub key: Option<Secret>,
    /// A file with the key; blanks at its ends are dropped.
    pub key_file: Option<PathBuf>,
    /// The key's SHA-256, as 64 hexadecimal digits, so that the file holds no secret.
    pub sha256: Option<String>,
    /// The tenants to which the key may publish. Default: all.
    pub tenants: Option<Vec<String>>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            audiences: vec!["steadfast".to_owned()],
            leeway_ms: 5_000,
            keys: Vec::new(),
        }
    }
}

impl AuthConfig {
    pub(super) fn read_key_files(&mut self, directory: &Path) -> Result<(), ConfigError> {
        for (index, key) in self.keys.iter_mut().enumerate() {
            let place = format!("auth.keys[{index}]");
            if let Some(text) = take_file(
                &mut key.secret_file,
                key.secret.is_some(),
                directory,
                &format!("{place}.secret_file"),
            )? {
                key.secret = Some(Secret::new(text));
            }
            if let Some(text) = take_file(
                &mut key.public_key_file,
                key.public_key.is_some(),
                directory,
                &format!("{place}.public_key_file"),
            )? {
                key.public_key = Some(text);
            }
        }
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.keys.is_empty() {
            return Err(ConfigError::invalid(
                "auth.keys",
                "is empty, so no client could connect; add a key, or start with --dev",
            ));
        }
        for (key, list) in [("auth.issuers", &self.issuers), ("auth.audiences", &self.audiences)] {
            if list.iter().all(String::is_empty) {
                return Err(ConfigError::invalid(key, "is empty; name at least one that tokens must carry"));
            }
        }
        in_range("auth.leeway_ms", self.leeway_ms, 0..=300_000)?;
        for (index, key) in self.keys.iter().enumerate() {
            let place = format!("auth.keys[{index}]");
            key.validate(&place)?;
            if self.keys[..index].iter().any(|other| other.id == key.id) {
                return Err(ConfigError::invalid(
                    format!("{place}.id"),
                    "is used by an earlier key; give each key an id of its own",
                ));
            }
        }
        Ok(())
    }
}

impl TokenKeyConfig {
    fn validate(&self, place: &str) -> Result<(), ConfigError> {
        let problem = match self.algorithm {
            _ if self.id.is_empty() => {
                return Err(ConfigError::invalid(
                    format!("{place}.id"),
                    "is empty; give the `kid` of the tokens",
                ));
            }
            TokenAlgorithm::HS256 if self.public_key.is_some() => {
                "has a public key, which HS256 must never use; remove it or change the algorithm"
            }
            TokenAlgorithm::HS256 => match &self.secret {
                None => "needs `secret` or `secret_file` for HS256",
                Some(secret) if secret.expose().len() < MIN_SECRET_BYTES => {
                    "has a secret shorter than 32 bytes; make a longer one"
                }
                Some(_) => return Ok(()),
            },
            TokenAlgorithm::ES256 | TokenAlgorithm::EdDSA if self.secret.is_some() => {
                "has a secret, which its algorithm does not use; remove it or change the algorithm"
            }
            TokenAlgorithm::ES256 | TokenAlgorithm::EdDSA => match &self.public_key {
                None => "needs `public_key` or `public_key_file` for its algorithm",
                Some(pem) if pem.contains("PRIVATE") => {
                    "has a private key, which the server must not know; give the public one"
                }
                Some(_) => return Ok(()),
            },
        };
        Err(ConfigError::invalid(place, problem))
    }
}

impl ApiKeyConfig {
    pub(super) fn read_key_file(&mut self, directory: &Path, place: &str) -> Result<(), ConfigError> {
        let given = self.key.is_some() || self.sha256.is_some();
        let place = format!("{place}.key_file");
        if let Some(text) = take_file(&mut self.key_file, given, directory, &place)? {
            self.key = Some(Secret::new(text));
        }
        Ok(())
    }
}

pub(super) fn validate_api_keys(keys: &[ApiKeyConfig]) -> Result<(), ConfigError> {
    for (index, key) in keys.iter().enumerate() {
        let place = format!("api_keys[{index}]");
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if key.name.is_empty() || key.name.len() > 64 || !key.name.bytes().all(is_name) {
            return Err(ConfigError::invalid(
                format!("{place}.name"),
                "must have 1 to 64 letters, digits, `_`, `.` or `-`",
            ));
        }
        if keys[..index].iter().any(|other| other.name == key.name) {
            return Err(ConfigError::invalid(
                format!("{place}.name"),
                "is used by an earlier key; give each key a name of its own",
            ));
        }
        let problem = match (&key.key, &key.sha256) {
            (None, None) => Some("needs one of `key`, `key_file` and `sha256`"),
            (Some(_), Some(_)) => Some("has both `key` and `sha256`; keep one"),
            (Some(secret), None) if secret.expose().len() < MIN_API_KEY_BYTES => {
                Some("has a key shorter than 16 bytes; make a longer one")
            }
            (None, Some(hash)) if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Some("has a `sha256` that is not 64 hexadecimal digits")
            }
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(ConfigError::invalid(place, problem));
        }
        for tenant in key.tenants.iter().flatten() {
            TenantId::parse(tenant).map_err(|error| {
                ConfigError::invalid(format!("{place}.tenants"), format!("holds a bad tenant: {error}"))
            })?;
        }
    }
    Ok(())
}

fn take_file(
    file: &mut Option<PathBuf>,
    given_in_place: bool,
    directory: &Path,
    key: &str,
) -> Result<Option<String>, ConfigError> {
    let Some(path) = file.take() else {
        return Ok(None);
    };
    if given_in_place {
        return Err(ConfigError::invalid(key, "is given beside the value itself; keep one of the two"));
    }
    let text = error::read(&directory.join(path))?;
    Ok(Some(text.trim().to_owned()))
}
