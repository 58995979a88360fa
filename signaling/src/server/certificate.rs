//! The server's certificate: self-signed, made on first use, kept in a file. Clients know it by its fingerprint, so no
//! authority is needed; who has a certificate of one puts it in the file's place.

use crate::protocol::Fingerprint;
use crate::tls;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Holds the certificate, those that signed it if there are any, and the private key, as PEM.
const FILE_NAME: &str = "certificate.pem";

/// A certificate and its private key.
pub struct Certificate {
    /// The server's own first.
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Why there is no certificate to be had.
#[derive(Debug, Error)]
pub enum CertificateError {
    #[error("The certificate file {} cannot be read: {source}.", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("The certificate file {} cannot be written: {source}.", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("The certificate file {} is not usable: {reason}. Delete it to have a new one made; links then change.", path.display())]
    Unusable { path: PathBuf, reason: String },
    #[error("The certificate cannot be made: {0}.")]
    Make(#[from] rcgen::Error),
    #[error("The certificate cannot be used for TLS: {0}.")]
    Tls(#[from] rustls::Error),
}

impl Certificate {
    /// The certificate that is kept in this directory; made, with the directory, if there is none. Only the user can
    /// read the file, as it holds the private key.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or holds something else.
    pub fn load_or_create(directory: &Path) -> Result<Self, CertificateError> {
        let path = directory.join(FILE_NAME);
        match fs::read(&path) {
            Ok(pem) => return Self::from_pem(&path, &pem),
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(CertificateError::Read { path, source });
            }
            Err(_) => {}
        }
        let pem = make()?;
        keep(directory, &path, &pem).map_err(|source| CertificateError::Write { path: path.clone(), source })?;
        // Another process may have been faster: what the file holds counts.
        let pem = fs::read(&path).map_err(|source| CertificateError::Read { path: path.clone(), source })?;
        Self::from_pem(&path, &pem)
    }

    /// A certificate that is kept nowhere.
    ///
    /// # Errors
    ///
    /// When there is no randomness to be had.
    pub fn ephemeral() -> Result<Self, CertificateError> {
        Self::from_pem(Path::new(FILE_NAME), make()?.as_bytes())
    }

    /// What links say of it.
    pub fn fingerprint(&self) -> Fingerprint {
        // `from_pem` lets none without a certificate pass.
        self.chain.first().map_or(Fingerprint([0; 32]), tls::fingerprint)
    }

    fn from_pem(path: &Path, pem: &[u8]) -> Result<Self, CertificateError> {
        let unusable = |reason: String| CertificateError::Unusable { path: path.to_owned(), reason };
        let chain = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| unusable(error.to_string()))?;
        if chain.is_empty() {
            return Err(unusable("it holds no certificate".to_owned()));
        }
        let certificate = Self { chain, key };
        certificate.server_config().map_err(|error| unusable(error.to_string()))?;
        Ok(certificate)
    }

    pub(super) fn server_config(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let mut config = ServerConfig::builder_with_provider(tls::provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl Clone for Certificate {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

/// Keeps the private key out of logs.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.fingerprint())
    }
}

fn make() -> Result<String, CertificateError> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()])?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "Nonet signaling server");
    let certificate = parameters.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

/// Puts the file in place whole or not at all; one that is there already stays.
fn keep(directory: &Path, path: &Path, pem: &str) -> io::Result<()> {
    create_private_directory(directory)?;
    let draft = directory.join(format!("{FILE_NAME}.{}", std::process::id()));
    // Left over from a process of the same number that was killed in the middle.
    if let Err(error) = fs::remove_file(&draft)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = private_file().open(&draft)?;
    let placed = file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
        // A link, unlike a renaming, does not replace what another process has put there meanwhile.
        match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(_) => fs::rename(&draft, path),
            Ok(()) => Ok(()),
        }
    });
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => placed.and(Err(error)),
        _ => placed,
    }
}

fn create_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("new/deep");
        let made = Certificate::load_or_create(&place).unwrap();
        let loaded = Certificate::load_or_create(&place).unwrap();
        assert_eq!(made.fingerprint(), loaded.fingerprint());
        let other = Certificate::load_or_create(&directory.path().join("other")).unwrap();
        assert_ne!(made.fingerprint(), other.fingerprint());
        let files: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, [FILE_NAME], "no draft is left");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("certificates");
        Certificate::load_or_create(&place).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place), mode(&place.join(FILE_NAME))), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_holds_something_else_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        for content in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            fs::write(&path, content).unwrap();
            let error = Certificate::load_or_create(directory.path()).unwrap_err();
            assert!(matches!(error, CertificateError::Unusable { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[test]
    fn the_private_key_is_not_logged() {
        let text = format!("{:?}", Certificate::ephemeral().unwrap());
        assert!(text.len() < 100, "{text}");
    }
}
