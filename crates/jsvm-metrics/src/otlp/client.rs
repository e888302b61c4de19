//! Protobuf over HTTP: one request to a collector.
//!
//! One rule: a request ends within its time, and says whether trying again
//! may help. Blocking, for an exporter's thread.

use super::{
    settings::{OtlpError, Settings},
    transport::{Refusal, Transport},
};
use flate2::{Compression, write::GzEncoder};
use std::{
    io::{self, Write},
    time::Duration,
};
use ureq::{Body, http::Response};

/// Most bytes of an answer that are looked at.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// What OpenTelemetry wants exporters to call themselves.
pub const USER_AGENT: &str = concat!("OTel-OTLP-Exporter-Rust/jsvm-", env!("CARGO_PKG_VERSION"));

pub(super) struct Client {
    agent: ureq::Agent,
    endpoint: String,
    headers: Vec<(String, String)>,
    gzip: bool,
}

impl Client {
    /// A client for the endpoint of the settings.
    ///
    /// # Errors
    ///
    /// If the address or the certificate cannot be used.
    pub(super) fn new(settings: &Settings) -> Result<Self, OtlpError> {
        check(&settings.endpoint)?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(USER_AGENT);
        #[cfg(feature = "otlp-tls")]
        let config = config.tls_config(super::tls::config(settings.certificate.as_deref())?);
        Ok(Self {
            agent: config.build().into(),
            endpoint: settings.endpoint.clone(),
            headers: settings.headers.clone(),
            gzip: settings.gzip,
        })
    }
}

impl Transport for Client {
    fn send(&self, message: &[u8], timeout: Duration) -> Result<Vec<u8>, Refusal> {
        let mut request = self
            .agent
            .post(&self.endpoint)
            .config()
            .timeout_global(Some(timeout))
            .build()
            .header("Content-Type", "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = if self.gzip {
            let body = compressed(message).map_err(Refusal::lasting)?;
            request.header("Content-Encoding", "gzip").send(&body[..])
        } else {
            request.send(message)
        };
        taken(answer.map_err(|err| match err {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Refusal::lasting(err),
            other => Refusal::temporary(other),
        })?)
    }
}

fn check(endpoint: &str) -> Result<(), OtlpError> {
    let uri: ureq::http::Uri = endpoint
        .parse()
        .map_err(|err| OtlpError::Endpoint(format!("{endpoint}: {err}")))?;
    let cause = match uri.scheme_str() {
        Some("http") => return Ok(()),
        Some("https") if cfg!(feature = "otlp-tls") => return Ok(()),
        Some("https") => "this program was built without the feature otlp-tls",
        _ => "expected http:// or https://",
    };
    Err(OtlpError::Endpoint(format!("{endpoint}: {cause}")))
}

/// A body as gzip.
///
/// # Errors
///
/// None in practice: it is written into memory.
pub fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn taken(mut answer: Response<Body>) -> Result<Vec<u8>, Refusal> {
    if !answer.status().is_success() {
        let after = answer.headers().get("retry-after");
        let after = after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Err(Refusal {
            after: after.map(Duration::from_secs),
            ..Refusal::status(answer.status().as_u16())
        });
    }
    let body = answer
        .body_mut()
        .with_config()
        .limit(LONGEST_ANSWER)
        .read_to_vec();
    // The message was taken; what else an odd answer says is lost.
    Ok(body.unwrap_or_default())
}
