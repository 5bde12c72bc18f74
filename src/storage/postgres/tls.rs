//! TLS for connections to PostgreSQL, with the meaning that libpq gives to `sslmode`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::storage::postgres::url::{SslMode, Url};

/// The file with trusted certificates if the URL names none.
const DEFAULT_ROOTS: &str = ".postgresql/root.crt";

/// The connector for a URL.
///
/// # Errors
/// The trusted certificates are missing or cannot be read.
pub fn connector(url: &Url) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let trusted = trusted(url)?;
    let verifier = Verifier { provider: Arc::clone(&provider), trusted };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS cannot be used")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The certificates that a server must have; `None` if every certificate is accepted.
fn trusted(url: &Url) -> Result<Option<Trusted>> {
    let given = url.root_certificates.clone();
    let path = match url.ssl_mode {
        SslMode::Disable | SslMode::Prefer => return Ok(None),
        // As in libpq: with a file of trusted certificates, `require` checks them.
        SslMode::Require => given.or_else(|| default_roots().filter(|path| path.exists())),
        SslMode::VerifyCa | SslMode::VerifyFull => {
            let path = given.or_else(default_roots);
            Some(path.context("name the file with trusted certificates: sslrootcert=FILE")?)
        }
    };
    let Some(path) = path else { return Ok(None) };
    let certificates = read(&path)
        .with_context(|| format!("cannot read the trusted certificates in {}", path.display()))?;
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(certificates.iter().cloned());
    ensure!(usable > 0, "{} has no usable certificate", path.display());
    Ok(Some(Trusted { roots, certificates, has_name: url.ssl_mode == SslMode::VerifyFull }))
}

fn default_roots() -> Option<PathBuf> {
    Some(etcetera::home_dir().ok()?.join(DEFAULT_ROOTS))
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| anyhow!("{error}"))?;
    certificates.map(|one| one.map_err(|error| anyhow!("{error}"))).collect()
}

#[derive(Debug)]
struct Trusted {
    roots: RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
    /// The certificate must have the name of the host.
    has_name: bool,
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    trusted: Option<Trusted>,
}

impl Verifier {
    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let Some(trusted) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        let certificate = ParsedCertificate::try_from(end_entity)?;
        // A self-signed certificate of a server, in the file of trusted certificates, is trusted as
        // such. A chain cannot end with it.
        if !trusted.certificates.iter().any(|known| known == end_entity) {
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                &trusted.roots,
                intermediates,
                now,
                self.algorithms().all,
            )?;
        }
        if trusted.has_name {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, self.algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, self.algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms().supported_schemes()
    }
}
