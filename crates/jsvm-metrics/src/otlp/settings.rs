//! What the standard `OTEL_*` variables say.
//!
//! One rule: nothing is exported unless a variable asks for it, and a value
//! that is not understood is told rather than guessed.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    path::PathBuf,
    time::Duration,
};

/// Where, how and how often to export.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// What is exported.
    pub signal: Signal,
    /// How it is sent. By default, this is HTTP.
    pub protocol: Protocol,
    /// The whole address, path included; over gRPC, the path is not used.
    pub endpoint: String,
    /// Header fields of each request.
    pub headers: Vec<(String, String)>,
    /// Whether bodies are compressed with gzip.
    pub gzip: bool,
    /// A PEM file with the certificates that are trusted over https. By
    /// default, these are those of the web.
    pub certificate: Option<PathBuf>,
    /// How long one request may take. By default, this is 10 s.
    pub timeout: Duration,
    /// How often. By default, this is 60 s.
    pub interval: Duration,
    /// When for the first time. By default, this is as the interval.
    pub first: Duration,
    /// What the numbers are about: `service.name` and other attributes.
    pub resource: BTreeMap<String, String>,
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Counters, gauges and histograms.
    Metrics,
    /// Spans.
    Traces,
}

/// How messages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `http/protobuf`.
    Http,
    /// `grpc`.
    Grpc,
}

/// Export by OTLP is not possible as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// The value of a variable is not understood.
    #[error("{name}={value}: {cause}")]
    Variable {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// What is wrong.
        cause: &'static str,
    },
    /// The address cannot be used.
    #[error("{0}")]
    Endpoint(String),
    /// The certificate cannot be used.
    #[error("OTEL_EXPORTER_OTLP_CERTIFICATE={0}")]
    Certificate(String),
    /// The exporter's thread could not be started.
    #[error("{0}")]
    Start(String),
}

/// Reads variables; an empty one is one that is not set.
struct Variables<F> {
    read: F,
    signal: Signal,
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    fn get(&self, name: impl Into<String>) -> Option<Found> {
        let name = name.into();
        let value = (self.read)(&name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| (name, value.to_owned()))
    }

    /// `OTEL_EXPORTER_OTLP_*` of the signal.
    fn own(&self, name: &str) -> Option<Found> {
        let signal = match self.signal {
            Signal::Metrics => "METRICS",
            Signal::Traces => "TRACES",
        };
        self.get(format!("OTEL_EXPORTER_OTLP_{signal}_{name}"))
    }

    /// `OTEL_EXPORTER_OTLP_*` of all signals.
    fn general(&self, name: &str) -> Option<Found> {
        self.get(format!("OTEL_EXPORTER_OTLP_{name}"))
    }

    fn either(&self, name: &str) -> Option<Found> {
        self.own(name).or_else(|| self.general(name))
    }
}

impl Settings {
    /// Settings of metrics for an address, with defaults for the rest.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            signal: Signal::Metrics,
            protocol: Protocol::Http,
            endpoint: endpoint.into(),
            headers: Vec::new(),
            gzip: false,
            certificate: None,
            timeout: Duration::from_secs(10),
            interval: Duration::from_secs(60),
            first: Duration::from_secs(60),
            resource: resource(),
        }
    }

    /// What variables ask for; `None` if they ask for nothing.
    ///
    /// Metrics are asked for by any endpoint or by `OTEL_METRICS_EXPORTER=otlp`,
    /// traces by an endpoint of their own or by `OTEL_TRACES_EXPORTER=otlp`;
    /// `OTEL_SDK_DISABLED=true` switches both off.
    ///
    /// # Errors
    ///
    /// A variable whose value is not understood, or asks for what is not there.
    pub fn from_variables(
        signal: Signal,
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, OtlpError> {
        let variables = Variables { read, signal };
        if !is_asked_for(&variables) {
            return Ok(None);
        }
        let mut settings = Self::new("");
        settings.signal = signal;
        settings.protocol = protocol(&variables)?;
        settings.endpoint = endpoint(&variables, settings.protocol);
        settings.certificate = variables.either("CERTIFICATE").map(|(_, path)| path.into());
        if let Some(found) = variables.either("HEADERS") {
            settings.headers = pairs(&found)?;
        }
        if let Some(found) = variables.either("COMPRESSION") {
            settings.gzip = one_of(&found, &["gzip", "none"], "expected gzip or none")? == "gzip";
        }
        if let Some(found) = variables.either("TIMEOUT") {
            settings.timeout = milliseconds(&found)?;
        }
        settings.read_pace(&variables)?;
        if let Some(found) = variables.get("OTEL_RESOURCE_ATTRIBUTES") {
            settings.resource.extend(pairs(&found)?);
        }
        if let Some((_, name)) = variables.get("OTEL_SERVICE_NAME") {
            settings.resource.insert("service.name".into(), name);
        }
        Ok(Some(settings))
    }

    /// How often, and what of the numbers.
    fn read_pace<F: Fn(&str) -> Option<String>>(
        &mut self,
        variables: &Variables<F>,
    ) -> Result<(), OtlpError> {
        if self.signal == Signal::Traces {
            let found = variables.get("OTEL_BSP_SCHEDULE_DELAY");
            self.interval =
                found.map_or(Ok(Duration::from_secs(5)), |found| milliseconds(&found))?;
        } else {
            if let Some(found) = variables.get("OTEL_METRIC_EXPORT_INTERVAL") {
                self.interval = milliseconds(&found)?;
            }
            if let Some(found) = variables.own("TEMPORALITY_PREFERENCE") {
                one_of(&found, &["cumulative"], "only cumulative is supported")?;
            }
        }
        self.first = self.interval;
        Ok(())
    }
}

fn is_asked_for<F: Fn(&str) -> Option<String>>(variables: &Variables<F>) -> bool {
    let disabled = variables.get("OTEL_SDK_DISABLED");
    if disabled.is_some_and(|(_, value)| value.eq_ignore_ascii_case("true")) {
        return false;
    }
    let exporters = variables.get(match variables.signal {
        Signal::Metrics => "OTEL_METRICS_EXPORTER",
        Signal::Traces => "OTEL_TRACES_EXPORTER",
    });
    match exporters {
        Some((_, exporters)) => exporters.split(',').any(|name| name.trim() == "otlp"),
        // A span costs more than an execution's numbers: traces are exported
        // only if it is they who are asked for.
        None if variables.signal == Signal::Traces => variables.own("ENDPOINT").is_some(),
        None => variables.either("ENDPOINT").is_some(),
    }
}

fn protocol<F: Fn(&str) -> Option<String>>(
    variables: &Variables<F>,
) -> Result<Protocol, OtlpError> {
    let Some(found) = variables.either("PROTOCOL") else {
        return Ok(Protocol::Http);
    };
    let known = ["http/protobuf", "grpc"];
    match one_of(&found, &known, "expected http/protobuf or grpc")?.as_str() {
        "grpc" => Ok(Protocol::Grpc),
        _ => Ok(Protocol::Http),
    }
}

/// The variable of the signal is taken as it is; over HTTP, the general one is
/// a base.
fn endpoint<F: Fn(&str) -> Option<String>>(variables: &Variables<F>, protocol: Protocol) -> String {
    if let Some((_, own)) = variables.own("ENDPOINT") {
        return own;
    }
    let base = variables.general("ENDPOINT").map(|(_, base)| base);
    match protocol {
        Protocol::Grpc => base.unwrap_or_else(|| "http://localhost:4317".into()),
        Protocol::Http => {
            let base = base.unwrap_or_else(|| "http://localhost:4318".into());
            format!(
                "{}{}",
                base.trim_end_matches('/'),
                variables.signal.http_path()
            )
        }
    }
}

/// A variable and its value.
type Found = (String, String);

fn wrong((name, value): &Found, cause: &'static str) -> OtlpError {
    OtlpError::Variable {
        name: name.clone(),
        value: value.clone(),
        cause,
    }
}

fn one_of(found: &Found, known: &[&str], cause: &'static str) -> Result<String, OtlpError> {
    let value = found.1.to_ascii_lowercase();
    match known.contains(&value.as_str()) {
        true => Ok(value),
        false => Err(wrong(found, cause)),
    }
}

fn milliseconds(found: &Found) -> Result<Duration, OtlpError> {
    match found.1.parse() {
        Ok(number) if number > 0 => Ok(Duration::from_millis(number)),
        _ => Err(wrong(found, "expected a number of milliseconds")),
    }
}

/// `key=value,...` with percent-encoded values.
fn pairs(found: &Found) -> Result<Vec<(String, String)>, OtlpError> {
    let pairs = found.1.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            Some((key.trim().to_owned(), decoded(value.trim())?))
        })
        .collect::<Option<_>>()
        .ok_or_else(|| wrong(found, "expected key=value,... with percent-encoded values"))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// What is known of this process.
fn resource() -> BTreeMap<String, String> {
    let random = || RandomState::new().hash_one(std::process::id());
    let attributes = [
        ("service.name", "jsvm".to_owned()),
        ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "service.instance.id",
            format!("{:016x}{:016x}", random(), random()),
        ),
        ("process.pid", std::process::id().to_string()),
        ("telemetry.sdk.language", "rust".to_owned()),
        ("telemetry.sdk.name", "jsvm-metrics".to_owned()),
        (
            "telemetry.sdk.version",
            env!("CARGO_PKG_VERSION").to_owned(),
        ),
    ];
    BTreeMap::from(attributes.map(|(key, value)| (key.to_owned(), value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, OtlpError> {
        Settings::from_variables(Signal::Metrics, |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_exported_unless_asked_for() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        for variables in [
            &[][..],
            &[("OTEL_SERVICE_NAME", "shop")],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
            &[endpoint, ("OTEL_SDK_DISABLED", "TRUE")],
            &[endpoint, ("OTEL_METRICS_EXPORTER", "none")],
            &[endpoint, ("OTEL_METRICS_EXPORTER", "prometheus")],
        ] {
            assert_eq!(read(variables), Ok(None), "{variables:?}");
        }
        assert!(read(&[endpoint]).unwrap().is_some());
        let asked = read(&[("OTEL_METRICS_EXPORTER", "prometheus, otlp")]);
        let asked = asked.unwrap().unwrap();
        assert_eq!(asked.endpoint, "http://localhost:4318/v1/metrics");
    }

    #[test]
    fn the_general_endpoint_is_a_base_and_the_own_one_is_not() {
        let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/x/");
        let own = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m/here");
        let endpoint = |variables: &[_]| read(variables).unwrap().unwrap().endpoint;
        assert_eq!(endpoint(&[general]), "http://c:4318/x/v1/metrics");
        assert_eq!(endpoint(&[general, own]), "http://m/here");
    }

    #[test]
    fn grpc_has_a_port_of_its_own_and_no_path() {
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        let asked = ("OTEL_METRICS_EXPORTER", "otlp");
        let settings = read(&[grpc, asked]).unwrap().unwrap();
        assert_eq!(settings.protocol, Protocol::Grpc);
        assert_eq!(settings.endpoint, "http://localhost:4317");
        let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        let settings = read(&[grpc, general]).unwrap().unwrap();
        assert_eq!(settings.endpoint, "http://c:4317");
        let own = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf");
        assert_eq!(
            read(&[grpc, general, own]).unwrap().unwrap().protocol,
            Protocol::Http
        );
    }

    #[test]
    fn traces_have_variables_of_their_own() {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2000"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "3000"),
            ("OTEL_METRICS_EXPORTER", "none"),
        ];
        let read = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::from_variables(Signal::Traces, read)
            .unwrap()
            .unwrap();
        assert_eq!(settings.endpoint, "http://c:4318/v1/traces");
        assert_eq!(settings.timeout, Duration::from_secs(2));
        assert_eq!(settings.interval, Duration::from_secs(5));
        assert_eq!(Settings::from_variables(Signal::Metrics, read), Ok(None));
    }

    #[test]
    fn all_variables_are_read() {
        let settings = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-general=1"),
            (
                "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
                "authorization=Bearer%20a%3Db, x-b=2",
            ),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.name=lost,deployment.environment.name=test",
            ),
            ("OTEL_SERVICE_NAME", "shop"),
        ]);
        let settings = settings.unwrap().unwrap();
        let headers = [("authorization", "Bearer a=b"), ("x-b", "2")];
        let headers = headers.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(settings.headers, headers);
        assert!(settings.gzip);
        assert_eq!(settings.timeout, Duration::from_secs(2));
        assert_eq!(settings.interval, Duration::from_millis(500));
        assert_eq!(settings.resource["service.name"], "shop");
        assert_eq!(settings.resource["deployment.environment.name"], "test");
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_name() {
        for (name, value, cause) in [
            (
                "OTEL_EXPORTER_OTLP_PROTOCOL",
                "http/json",
                "expected http/protobuf or grpc",
            ),
            (
                "OTEL_EXPORTER_OTLP_TIMEOUT",
                "10s",
                "a number of milliseconds",
            ),
            (
                "OTEL_METRIC_EXPORT_INTERVAL",
                "0",
                "a number of milliseconds",
            ),
            (
                "OTEL_EXPORTER_OTLP_COMPRESSION",
                "zstd",
                "expected gzip or none",
            ),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "novalue",
                "expected key=value",
            ),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=%zz", "percent-encoded"),
            (
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
                "delta",
                "only cumulative",
            ),
        ] {
            let err = read(&[("OTEL_METRICS_EXPORTER", "otlp"), (name, value)]);
            let err = err.unwrap_err().to_string();
            assert!(err.starts_with(&format!("{name}={value}: ")), "{err}");
            assert!(err.contains(cause), "{err}");
        }
    }
}
