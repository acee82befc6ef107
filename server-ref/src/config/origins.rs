//! Which web pages may connect.

use serde::Deserialize;

/// One entry of the list of origins: `https://app.example`, or `http://localhost:*` for any port.
///
/// It is compared with the `Origin` header as browsers write it: lower case, no path, no default
/// port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OriginRule {
    /// Scheme and host, without the port's `:*`.
    base: String,
    ports: Ports,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ports {
    AsWritten,
    Any,
}

impl OriginRule {
    /// Whether a page of this origin may connect.
    pub fn allows(&self, origin: &str) -> bool {
        match self.ports {
            Ports::AsWritten => origin == self.base,
            Ports::Any => match origin.strip_prefix(self.base.as_str()) {
                Some("") => true,
                Some(port) => port.strip_prefix(':').is_some_and(is_port),
                None => false,
            },
        }
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

impl TryFrom<String> for OriginRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = host.ok_or("an origin begins with https:// or http://")?;
        let (host, ports) = match host.strip_suffix(":*") {
            Some(host) => (host, Ports::Any),
            None => (host, Ports::AsWritten),
        };
        let allowed =
            |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() || b".-:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(allowed) {
            return Err("an origin is a scheme, a host in lower case and perhaps a port, without a path; \
                 only the port can be `*`"
                .to_owned());
        }
        let default_port = match text.starts_with("https://") {
            true => ":443",
            false => ":80",
        };
        if ports == Ports::AsWritten && host.ends_with(default_port) {
            return Err(format!(
                "browsers leave the default port out of an origin; write it without {default_port}"
            ));
        }
        let base = match ports {
            Ports::AsWritten => text,
            Ports::Any => text[..text.len() - ":*".len()].to_owned(),
        };
        Ok(Self { base, ports })
    }
}
