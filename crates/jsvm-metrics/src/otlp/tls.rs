//! Which certificates of collectors are trusted.
//!
//! One rule: a certificate that cannot be read is told when the exporter is
//! made, not at its first request.

use super::settings::OtlpError;
use std::{path::Path, sync::Arc};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// Trusts the certificates of a PEM file alone; without one, those of the web.
pub(super) fn config(file: Option<&Path>) -> Result<TlsConfig, OtlpError> {
    let Some(file) = file else {
        return Ok(TlsConfig::default());
    };
    let wrong = |cause: &str| {
        let file = file.display();
        OtlpError::Certificate(format!("{file}: {cause}"))
    };
    let text = std::fs::read(file).map_err(|err| wrong(&err.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|err| wrong(&err.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(wrong("no certificate in this file"));
    }
    let roots = RootCerts::Specific(Arc::new(certificates));
    Ok(TlsConfig::builder().root_certs(roots).build())
}
