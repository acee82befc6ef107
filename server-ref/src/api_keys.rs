//! Who a backend is: API keys, known by their hashes and compared in constant time.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use crate::config::{ApiKeyConfig, ConfigError};
use crate::names::TenantId;

/// The configured API keys.
#[derive(Debug)]
pub struct ApiKeys(Vec<ApiKey>);

/// One API key: its name, its hash, and where it may publish.
#[derive(Debug)]
pub struct ApiKey {
    name: String,
    sha256: [u8; 32],
    tenants: Option<Vec<String>>,
}

impl ApiKeys {
    /// Takes the keys of a configuration; a key given as text is hashed and forgotten.
    ///
    /// # Errors
    /// - [`ConfigError::Invalid`]: a key has neither a text nor a well-formed hash.
    pub fn new(configs: &[ApiKeyConfig]) -> Result<Self, ConfigError> {
        let keys = configs.iter().enumerate();
        keys.map(|(index, config)| ApiKey::new(config, index)).collect::<Result<_, _>>().map(Self)
    }

    /// The key that was presented, with its place in the configuration; `None` when it is not known.
    ///
    /// The time that it takes depends on nothing but the length of what was presented and the number of keys.
    pub fn find(&self, presented: &str) -> Option<(usize, &ApiKey)> {
        let hash = sha256(presented);
        let mut found = None;
        for (index, key) in self.0.iter().enumerate() {
            if verify_slices_are_equal(&key.sha256, &hash).is_ok() {
                found = Some((index, key));
            }
        }
        found
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl ApiKey {
    /// What the key is called in audit lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the key may publish to this tenant.
    pub fn may_publish_to(&self, tenant: &TenantId) -> bool {
        match &self.tenants {
            None => true,
            Some(tenants) => tenants.iter().any(|allowed| allowed == tenant.as_str()),
        }
    }

    fn new(config: &ApiKeyConfig, index: usize) -> Result<Self, ConfigError> {
        let sha256 = match (&config.key, &config.sha256) {
            (Some(key), _) => Some(sha256(key.expose())),
            (None, Some(hexadecimal)) => decode_hash(hexadecimal),
            (None, None) => None,
        };
        let sha256 = sha256.ok_or_else(|| ConfigError::Invalid {
            key: format!("api_keys[{index}]"),
            problem: "needs a `key`, a `key_file`, or a `sha256` of 64 hexadecimal digits".to_owned(),
        })?;
        Ok(Self { name: config.name.clone(), sha256, tenants: config.tenants.clone() })
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

fn decode_hash(hexadecimal: &str) -> Option<[u8; 32]> {
    if hexadecimal.len() != 64 || !hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(hexadecimal.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::Secret;

    fn config(name: &str, key: Option<&str>, sha256: Option<&str>) -> ApiKeyConfig {
        ApiKeyConfig {
            name: name.to_owned(),
            key: key.map(Secret::new),
            key_file: None,
            sha256: sha256.map(str::to_owned),
            tenants: None,
        }
    }

    #[test]
    fn keys_are_found_by_text_and_by_hash_and_by_nothing_else() {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let keys = ApiKeys::new(&[
            config("first", Some("one key of many"), None),
            config("second", None, Some(hash)),
        ])
        .unwrap();
        assert_eq!(keys.find("one key of many").unwrap().1.name(), "first");
        assert_eq!(keys.find("abc").unwrap().1.name(), "second");
        assert!(keys.find("").is_none());
        assert!(keys.find("one key of man").is_none());
        assert!(keys.find(hash).is_none());
    }

    #[test]
    fn a_key_may_be_bound_to_tenants() {
        let bound =
            ApiKeyConfig { tenants: Some(vec!["acme".to_owned()]), ..config("bound", Some("key"), None) };
        let keys = ApiKeys::new(&[bound]).unwrap();
        let (_, key) = keys.find("key").unwrap();
        assert!(key.may_publish_to(&TenantId::parse("acme").unwrap()));
        assert!(!key.may_publish_to(&TenantId::parse("globex").unwrap()));
    }

    #[test]
    fn the_text_of_a_key_is_not_kept() {
        let keys = ApiKeys::new(&[config("first", Some("do not show me"), None)]).unwrap();
        assert!(!format!("{keys:?}").contains("do not show me"));
    }

    #[test]
    fn a_malformed_hash_is_refused() {
        for bad in ["", "abc", "+1816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad00"] {
            assert!(ApiKeys::new(&[config("bad", None, Some(bad))]).is_err(), "{bad}");
        }
    }
}
