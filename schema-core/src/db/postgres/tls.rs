//! TLS by rustls, and whom to trust.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::refused;
use crate::db::Error;

/// How TLS is used.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) trust: Trust,
    /// The file of the certificates to trust; those of the operating system, if there is none.
    pub(super) roots: Option<PathBuf>,
}

/// Whose certificate will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Anyone's: the wire is secret, but who is at its end is not known.
    Anyone,
    /// One that a trusted authority has signed, for whatever host.
    Certified,
    /// One that a trusted authority has signed for this host.
    CertifiedName,
}

/// Returns what makes the connections secret.
///
/// # Errors
///
/// The certificates to trust cannot be read.
pub(super) fn connector(tls: Option<&Tls>) -> Result<Option<MakeRustlsConnect>, Error> {
    let Some(Tls { trust, roots }) = tls else {
        return Ok(None);
    };
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(&error.to_string()))?;
    let config = match trust {
        Trust::CertifiedName => config.with_root_certificates(certificates(roots.as_deref())?),
        Trust::Certified | Trust::Anyone => {
            let authorities = match trust {
                Trust::Certified => Some(authorities(roots.as_deref(), &provider)?),
                Trust::Anyone | Trust::CertifiedName => None,
            };
            config
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Lenient {
                    provider,
                    authorities,
                }))
        }
    };
    Ok(Some(MakeRustlsConnect::new(config.with_no_client_auth())))
}

fn authorities(
    roots: Option<&Path>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let roots = Arc::new(certificates(roots)?);
    WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
        .build()
        .map_err(|error| refused(&format!("cannot trust any certificate: {error}")))
}

fn certificates(file: Option<&Path>) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    let Some(file) = file else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(store);
    };
    let failed = |why: String| {
        refused(&format!(
            "cannot read the certificates of `{}`: {why}",
            file.display()
        ))
    };
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| failed(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| failed(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(failed("there are none".to_owned()));
    }
    Ok(store)
}

/// Trusts a certificate whatever host it is for; whoever signed it, if no authorities are given.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    authorities: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is looked at last, once all else holds.
        match authorities.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
