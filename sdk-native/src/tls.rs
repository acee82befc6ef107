use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::BuildError;

/// Certificates to trust beside those of the system.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    roots: Vec<CertificateDer<'static>>,
}

impl Trust {
    pub(crate) fn add(&mut self, der: Vec<u8>) {
        self.roots.push(der.into());
    }

    /// One configuration for both transports. Without TLS it trusts nobody, and the system's certificates are not read.
    pub(crate) fn tls(self, needed: bool) -> Result<ClientConfig, BuildError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?;
        if !needed {
            return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        }
        let verifier =
            Verifier::new_with_extra_roots(self.roots, provider).map_err(|error| unusable(&error))?;
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}

fn unusable(error: &rustls::Error) -> BuildError {
    BuildError::Certificates(error.to_string())
}
