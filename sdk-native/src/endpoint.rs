use reqwest::Url;

use crate::error::BuildError;

const WEBSOCKET_PATH: &str = "/api/v1/notifications/ws";
const POLL_PATH: &str = "/api/v1/notifications/poll";

/// Where a server is reached over both transports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) websocket: Url,
    pub(crate) poll: Url,
    /// The host as the resolver and TLS want it: IPv6 without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

impl Endpoint {
    /// Reads `http(s)://host[:port][/prefix]`; `ws` and `wss` mean the same.
    pub(crate) fn parse(text: &str) -> Result<Self, BuildError> {
        let url = Url::parse(text).map_err(|_| BuildError::NotAUrl)?;
        let (tls, http, websocket) = match url.scheme() {
            "http" | "ws" => (false, "http", "ws"),
            "https" | "wss" => (true, "https", "wss"),
            _ => return Err(BuildError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BuildError::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BuildError::Query);
        }
        let authority = url.host_str().ok_or(BuildError::NotAUrl)?;
        let port = url.port_or_known_default().ok_or(BuildError::NotAUrl)?;
        let prefix = url.path().trim_end_matches('/');
        let join = |scheme: &str, path: &str| {
            Url::parse(&format!("{scheme}://{authority}:{port}{prefix}{path}"))
                .map_err(|_| BuildError::NotAUrl)
        };
        Ok(Self {
            websocket: join(websocket, WEBSOCKET_PATH)?,
            poll: join(http, POLL_PATH)?,
            host: authority.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            tls,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Endpoint;
    use crate::error::BuildError;

    #[test]
    fn both_paths_follow_from_one_url() {
        for (text, websocket, poll) in [
            (
                "http://127.0.0.1:8080",
                "ws://127.0.0.1:8080/api/v1/notifications/ws",
                "http://127.0.0.1:8080/api/v1/notifications/poll",
            ),
            (
                "https://alerts.example.org/ops/",
                "wss://alerts.example.org/ops/api/v1/notifications/ws",
                "https://alerts.example.org/ops/api/v1/notifications/poll",
            ),
            (
                "ws://[::1]:9/",
                "ws://[::1]:9/api/v1/notifications/ws",
                "http://[::1]:9/api/v1/notifications/poll",
            ),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.websocket.as_str(), endpoint.poll.as_str()), (websocket, poll));
        }
    }

    #[test]
    fn the_host_is_as_the_resolver_wants_it() {
        let endpoint = Endpoint::parse("https://[::1]").unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port, endpoint.tls), ("::1", 443, true));
    }

    #[test]
    fn what_may_hold_a_secret_or_leads_nowhere_is_refused() {
        for (text, error) in [
            ("", BuildError::NotAUrl),
            ("localhost:8080", BuildError::Scheme),
            ("ftp://host", BuildError::Scheme),
            ("http://", BuildError::NotAUrl),
            ("http://ana@host", BuildError::UserInfo),
            ("http://:secret@host", BuildError::UserInfo),
            ("http://host/?token=secret", BuildError::Query),
            ("http://host/#secret", BuildError::Query),
        ] {
            assert_eq!(Endpoint::parse(text), Err(error), "{text}");
        }
    }
}
