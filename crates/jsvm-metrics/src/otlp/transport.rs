//! How messages reach a collector, and what its answers mean.
//!
//! One rule: a request ends within its time, and says whether trying again
//! may help. Knows neither metrics nor traces.

use super::settings::{OtlpError, Protocol, Settings, Signal};
use std::time::Duration;

/// Sends messages of one signal to one collector.
///
/// Over HTTP there is [`http`]; gRPC needs an async runtime, so whoever has
/// one brings it.
pub trait Transport: Send {
    /// Sends an encoded message, and returns the encoded answer.
    ///
    /// Blocks for `timeout` at most.
    ///
    /// # Errors
    ///
    /// If the collector did not take the message.
    fn send(&self, message: &[u8], timeout: Duration) -> Result<Vec<u8>, Refusal>;
}

/// The collector did not take a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for people.
    pub cause: String,
    /// Whether trying again may help.
    pub is_temporary: bool,
    /// When the collector wants to be asked again.
    pub after: Option<Duration>,
}

impl Refusal {
    /// Trying again may help.
    pub fn temporary(cause: impl ToString) -> Self {
        Self {
            cause: cause.to_string(),
            is_temporary: true,
            after: None,
        }
    }

    /// Trying again is of no use.
    pub fn lasting(cause: impl ToString) -> Self {
        Self {
            is_temporary: false,
            ..Self::temporary(cause)
        }
    }

    /// The answer was this status of HTTP.
    pub fn status(status: u16) -> Self {
        Self {
            // OTLP: these four may be tried again, others may not.
            is_temporary: matches!(status, 429 | 502 | 503 | 504),
            ..Self::temporary(format_args!("status {status}"))
        }
    }
}

/// The transport of this crate: protobuf over HTTP.
///
/// # Errors
///
/// If the settings ask for another protocol, or the address or certificate
/// cannot be used.
pub fn http(settings: &Settings) -> Result<Box<dyn Transport>, OtlpError> {
    match settings.protocol {
        Protocol::Http => Ok(Box::new(super::client::Client::new(settings)?)),
        Protocol::Grpc => Err(OtlpError::Endpoint(
            "OTEL_EXPORTER_OTLP_PROTOCOL=grpc: this program was built without the feature \
             otlp-grpc"
                .into(),
        )),
    }
}

impl Signal {
    /// What is added to a general address over HTTP.
    pub fn http_path(self) -> &'static str {
        match self {
            Self::Metrics => "/v1/metrics",
            Self::Traces => "/v1/traces",
        }
    }

    /// The path of the method over gRPC.
    pub fn grpc_path(self) -> &'static str {
        match self {
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        }
    }
}
