//! `GET /metrics`: the numbers of the runtime as Prometheus' text.
//!
//! The one rule: looking runs no hook and takes no worker, so it works when
//! all of them are busy. A route that a script added at this path wins.

use jsvm::{
    Telemetry,
    http::{Request, Response},
    metrics::{Naming, prometheus},
};

/// The page, for [`Server::with_metrics`](super::Server::with_metrics).
#[derive(Debug, Clone)]
pub struct MetricsPage {
    telemetry: Telemetry,
    naming: Naming,
}

impl MetricsPage {
    /// A page of a runtime's numbers.
    pub fn new(telemetry: Telemetry, naming: Naming) -> Self {
        Self { telemetry, naming }
    }

    /// The text as it is now.
    pub fn text(&self) -> String {
        prometheus::text(&self.telemetry.families(), self.naming)
    }

    pub(super) fn answer(&self) -> Response {
        let mut response = Response::default();
        let headers = &mut response.headers;
        headers.set("Content-Type", prometheus::CONTENT_TYPE);
        headers.set("Cache-Control", "no-store");
        response.write(self.text().as_bytes());
        response
    }
}

/// Whether a request that no route takes is one for the page.
pub(super) fn is_asked(request: &Request) -> bool {
    matches!(request.method.as_str(), "GET" | "HEAD") && request.raw_path() == "/metrics"
}
