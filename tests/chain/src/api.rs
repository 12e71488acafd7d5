//! The fake API at the address of the real one: port 443, with a certificate of an authority made for this run.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use claude_proxy_fake_proxy::api::Server;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::vendors::NAMES;

/// How long a client may be silent.
const IDLE: Duration = Duration::from_secs(300);

/// Starts it; also the file with the authority's certificate.
///
/// # Errors
/// If the port is taken, or the certificate cannot be made.
pub(crate) fn start(folder: &Path) -> Result<(Arc<Server>, PathBuf)> {
    let (config, authority) = certificates()?;
    let file = folder.join("authority.pem");
    fs::write(&file, authority)?;
    let listener = TcpListener::bind(("127.0.0.1", 443)).context("port 443 of the namespace")?;
    let server = Arc::new(Server::default());
    let shared = Arc::clone(&server);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, server) = (Arc::clone(&config), Arc::clone(&shared));
            thread::spawn(move || {
                // A client that breaks off is its own affair: the checks see what is missing.
                if stream.set_read_timeout(Some(IDLE)).is_ok()
                    && let Ok(session) = ServerConnection::new(config)
                {
                    server.serve_connection(StreamOwned::new(session, stream));
                }
            });
        }
    });
    Ok((server, file))
}

/// A configuration with a certificate for all names, and its authority in PEM.
fn certificates() -> Result<(Arc<ServerConfig>, String)> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "authority of this run only");
    let authority_key = KeyPair::generate()?;
    let pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let names = NAMES.map(str::to_owned).to_vec();
    let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
    Ok((Arc::new(config), pem))
}
