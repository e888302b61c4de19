//! One request to a collector, and what its answer means.
//!
//! One rule: a request ends within its time, and says whether trying again
//! may help. Blocking, for the exporter's thread.

use super::settings::{OtlpError, Settings};
use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use prost::Message;
use std::{
    io::{self, Write},
    time::Duration,
};
use ureq::{Body, http::Response};

/// Most bytes of an answer that are looked at.
const LONGEST_ANSWER: u64 = 64 * 1024;

pub(super) struct Client {
    agent: ureq::Agent,
    endpoint: String,
    headers: Vec<(String, String)>,
    gzip: bool,
}

/// The collector did not take the numbers.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) cause: String,
    /// Whether trying again may help.
    pub(super) is_temporary: bool,
    /// When the collector wants to be asked again.
    pub(super) after: Option<Duration>,
}

impl Refusal {
    fn temporary(cause: impl ToString) -> Self {
        Self {
            cause: cause.to_string(),
            is_temporary: true,
            after: None,
        }
    }

    fn final_one(cause: impl ToString) -> Self {
        Self {
            is_temporary: false,
            ..Self::temporary(cause)
        }
    }
}

impl Client {
    /// A client for the endpoint of the settings.
    ///
    /// # Errors
    ///
    /// If the address cannot be used.
    pub(super) fn new(settings: &Settings) -> Result<Self, OtlpError> {
        check(&settings.endpoint)?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!(
                "OTel-OTLP-Exporter-Rust/jsvm-",
                env!("CARGO_PKG_VERSION")
            ))
            .build();
        Ok(Self {
            agent: agent.into(),
            endpoint: settings.endpoint.clone(),
            headers: settings.headers.clone(),
            gzip: settings.gzip,
        })
    }

    /// Sends a message; how many series of it the collector rejected.
    ///
    /// # Errors
    ///
    /// If it did not take the message.
    pub(super) fn send(
        &self,
        message: &ExportMetricsServiceRequest,
        timeout: Duration,
    ) -> Result<u64, Refusal> {
        let mut body = message.encode_to_vec();
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
        if self.gzip {
            body = compressed(&body).map_err(Refusal::final_one)?;
            request = request.header("Content-Encoding", "gzip");
        }
        let answer = request.send(&body[..]).map_err(|err| match err {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Refusal::final_one(err),
            other => Refusal::temporary(other),
        })?;
        taken(answer)
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

fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn taken(mut answer: Response<Body>) -> Result<u64, Refusal> {
    let status = answer.status().as_u16();
    if !answer.status().is_success() {
        let after = answer.headers().get("retry-after");
        let after = after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Err(Refusal {
            cause: format!("status {status}"),
            // OTLP: these four may be tried again, others may not.
            is_temporary: matches!(status, 429 | 502 | 503 | 504),
            after: after.map(Duration::from_secs),
        });
    }
    let body = answer
        .body_mut()
        .with_config()
        .limit(LONGEST_ANSWER)
        .read_to_vec();
    // The numbers were taken; what else an odd answer says is lost.
    let response = body
        .ok()
        .and_then(|body| ExportMetricsServiceResponse::decode(&body[..]).ok());
    let partial = response.and_then(|response| response.partial_success);
    let rejected = partial.map_or(0, |partial| partial.rejected_data_points);
    Ok(u64::try_from(rejected).unwrap_or(0))
}
