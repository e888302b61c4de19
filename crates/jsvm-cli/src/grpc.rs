//! OTLP over gRPC: one call of a collector on a connection of its own.
//!
//! The one rule: a call ends within its time, whatever the collector does.
//! Knows nothing of what is exported; it is here because HTTP/2 needs an async
//! runtime, which libraries of this workspace do without.

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Request, Response, Uri,
    body::{Bytes, Incoming},
    client::conn::http2,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use jsvm::metrics::otlp::{OtlpError, Refusal, Settings, Transport, USER_AGENT, compressed};
use std::time::Duration;
use tokio::{net::TcpStream, runtime::Runtime, time};

/// Most bytes of an answer that are looked at.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Bytes before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The transport for settings that ask for gRPC.
///
/// # Errors
///
/// If the address cannot be used, or there can be no runtime.
pub(crate) fn transport(settings: &Settings) -> Result<Box<dyn Transport>, OtlpError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|err| OtlpError::Start(err.to_string()))?;
    let (uri, address) = target(settings)?;
    Ok(Box::new(Grpc {
        runtime,
        uri,
        address,
        headers: settings.headers.clone(),
        gzip: settings.gzip,
    }))
}

/// The address of the method, and where to connect to.
fn target(settings: &Settings) -> Result<(Uri, String), OtlpError> {
    let endpoint = &settings.endpoint;
    let wrong = |cause: &str| OtlpError::Endpoint(format!("{endpoint}: {cause}"));
    let uri: Uri = endpoint
        .parse()
        .map_err(|err: hyper::http::uri::InvalidUri| wrong(&err.to_string()))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err(wrong("https is not supported over gRPC; use http/protobuf")),
        _ => return Err(wrong("expected http://")),
    }
    let host = uri.host().ok_or_else(|| wrong("expected a host"))?;
    let address = format!("{host}:{}", uri.port_u16().unwrap_or(4317));
    let method = format!("http://{address}{}", settings.signal.grpc_path());
    let method = method
        .parse()
        .map_err(|err: hyper::http::uri::InvalidUri| wrong(&err.to_string()))?;
    Ok((method, address))
}

struct Grpc {
    runtime: Runtime,
    uri: Uri,
    address: String,
    headers: Vec<(String, String)>,
    gzip: bool,
}

impl Transport for Grpc {
    fn send(&self, message: &[u8], timeout: Duration) -> Result<Vec<u8>, Refusal> {
        let request = self.request(message, timeout)?;
        self.runtime.block_on(async {
            let call = time::timeout(timeout, call(&self.address, request));
            let late = |_| Err(Refusal::temporary("no answer in time"));
            call.await.unwrap_or_else(late)
        })
    }
}

impl Grpc {
    fn request(&self, message: &[u8], timeout: Duration) -> Result<Request<Full<Bytes>>, Refusal> {
        let mut request = Request::post(&self.uri)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("user-agent", USER_AGENT)
            .header("grpc-timeout", timeout_text(timeout));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = match self.gzip {
            true => {
                request = request.header("grpc-encoding", "gzip");
                framed(1, &compressed(message).map_err(Refusal::lasting)?)
            }
            false => framed(0, message),
        };
        request.body(Full::from(body)).map_err(Refusal::lasting)
    }
}

/// Milliseconds in at most eight digits, as gRPC wants them.
fn timeout_text(timeout: Duration) -> String {
    format!("{}m", timeout.as_millis().clamp(1, 99_999_999))
}

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[flag], &length.to_be_bytes()[..], message].concat()
}

async fn call(address: &str, request: Request<Full<Bytes>>) -> Result<Vec<u8>, Refusal> {
    let stream = TcpStream::connect(address).await;
    let stream = TokioIo::new(stream.map_err(Refusal::temporary)?);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream)
        .await
        .map_err(Refusal::temporary)?;
    let answer = async {
        let answer = sender.send_request(request).await;
        read(answer.map_err(Refusal::temporary)?).await
    };
    tokio::select! {
        answer = answer => answer,
        // The connection moves the answer along, and ends before it if it fails.
        ended = connection => Err(match ended {
            Ok(()) => Refusal::temporary("the connection was closed"),
            Err(err) => Refusal::temporary(err),
        }),
    }
}

/// What an answer means: its status is in the trailers, or in the head if
/// there is no more.
async fn read(answer: Response<Incoming>) -> Result<Vec<u8>, Refusal> {
    if !answer.status().is_success() {
        return Err(Refusal::status(answer.status().as_u16()));
    }
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    let body = body.map_err(Refusal::temporary)?;
    let trailers = body.trailers().cloned().unwrap_or_default();
    let status = [&trailers, &head.headers]
        .into_iter()
        .find_map(|fields| field(fields, "grpc-status"));
    let Some("0") = status else {
        let told = field(&trailers, "grpc-message").or(field(&head.headers, "grpc-message"));
        return Err(refusal(status, told));
    };
    let message = body.to_bytes();
    Ok(message.get(PREFIX..).unwrap_or_default().to_vec())
}

fn field<'a>(fields: &'a HeaderMap, name: &str) -> Option<&'a str> {
    fields.get(name)?.to_str().ok()
}

/// OTLP: cancelled, deadline exceeded, aborted, out of range, unavailable and
/// data loss may be tried again.
fn refusal(status: Option<&str>, message: Option<&str>) -> Refusal {
    let status = status.unwrap_or("none");
    Refusal {
        is_temporary: matches!(status, "1" | "4" | "10" | "11" | "14" | "15"),
        ..Refusal::temporary(format_args!(
            "gRPC status {status}: {}",
            message.unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::{body::Frame, server::conn::http2 as server, service::service_fn};
    use jsvm::metrics::otlp::{Protocol, Signal};
    use std::{net::SocketAddr, sync::mpsc};
    use tokio::net::TcpListener;

    const LONG: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_millis(10);

    /// What a collector does with a call.
    #[derive(Clone, Copy)]
    enum Reply {
        Status(&'static str),
        Hang,
    }

    /// A collector that was called, with what arrived.
    struct Collector {
        address: SocketAddr,
        calls: mpsc::Receiver<(String, HeaderMap, Bytes)>,
        _runtime: Runtime,
    }

    impl Collector {
        fn new(reply: Reply) -> Self {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
            let address = listener.local_addr().unwrap();
            let (arrived, calls) = mpsc::channel();
            runtime.spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let arrived = arrived.clone();
                    let service = service_fn(move |request: Request<Incoming>| {
                        serve(request, reply, arrived.clone())
                    });
                    let stream = TokioIo::new(stream);
                    // The caller may leave in the middle.
                    let serving = server::Builder::new(TokioExecutor::new());
                    let _ = serving.serve_connection(stream, service).await;
                }
            });
            Self {
                address,
                calls,
                _runtime: runtime,
            }
        }

        fn transport(&self, gzip: bool) -> Box<dyn Transport> {
            let mut settings = Settings::new(format!("http://{}", self.address));
            settings.signal = Signal::Traces;
            settings.protocol = Protocol::Grpc;
            settings.gzip = gzip;
            settings.headers.push(("x-key".into(), "1".into()));
            transport(&settings).unwrap()
        }
    }

    type Body = http_body_util::combinators::BoxBody<Bytes, std::convert::Infallible>;

    async fn serve(
        request: Request<Incoming>,
        reply: Reply,
        arrived: mpsc::Sender<(String, HeaderMap, Bytes)>,
    ) -> Result<Response<Body>, hyper::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        arrived
            .send((head.uri.path().into(), head.headers, body))
            .unwrap();
        let Reply::Status(status) = reply else {
            return std::future::pending().await;
        };
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", status.parse().unwrap());
        trailers.insert("grpc-message", "told".parse().unwrap());
        let message = Frame::data(Bytes::from(framed(0, b"answer")));
        let frames = [Ok(message), Ok(Frame::trailers(trailers))];
        let stream = futures_util::stream::iter(frames);
        let body = http_body_util::StreamBody::new(stream);
        Ok(Response::new(BodyExt::boxed(body)))
    }

    #[test]
    fn a_message_arrives_in_its_frame() {
        let collector = Collector::new(Reply::Status("0"));
        let answer = collector.transport(false).send(b"message", LONG).unwrap();
        assert_eq!(answer, b"answer");
        let (path, headers, body) = collector.calls.recv().unwrap();
        assert_eq!(path, Signal::Traces.grpc_path());
        assert_eq!(field(&headers, "content-type"), Some("application/grpc"));
        assert_eq!(field(&headers, "grpc-timeout"), Some("3600000m"));
        assert_eq!(field(&headers, "x-key"), Some("1"));
        assert_eq!(body[..], *b"\0\0\0\0\x07message");
    }

    #[test]
    fn a_message_may_be_compressed() {
        let collector = Collector::new(Reply::Status("0"));
        collector.transport(true).send(b"message", LONG).unwrap();
        let (_, headers, body) = collector.calls.recv().unwrap();
        assert_eq!(field(&headers, "grpc-encoding"), Some("gzip"));
        let plain = compressed(b"message").unwrap();
        assert_eq!((body[0], &body[PREFIX..]), (1, &plain[..]));
    }

    #[test]
    fn a_status_tells_whether_to_try_again() {
        for (status, is_temporary) in [("14", true), ("4", true), ("3", false), ("16", false)] {
            let collector = Collector::new(Reply::Status(status));
            let refusal = collector
                .transport(false)
                .send(b"message", LONG)
                .unwrap_err();
            assert_eq!(refusal.cause, format!("gRPC status {status}: told"));
            assert_eq!(refusal.is_temporary, is_temporary, "{status}");
        }
    }

    #[test]
    fn a_collector_that_hangs_is_given_up() {
        let collector = Collector::new(Reply::Hang);
        let transport = collector.transport(false);
        let refusal = transport.send(b"message", SHORT).unwrap_err();
        assert_eq!(refusal, Refusal::temporary("no answer in time"));
    }

    #[test]
    fn a_collector_that_is_not_there_may_come_back() {
        let address = Collector::new(Reply::Hang).address;
        let mut settings = Settings::new(format!("http://{address}"));
        settings.protocol = Protocol::Grpc;
        let refusal = transport(&settings).unwrap().send(b"", LONG).unwrap_err();
        assert!(refusal.is_temporary, "{refusal:?}");
    }

    #[test]
    fn an_address_that_cannot_be_used_is_told_at_the_start() {
        for (endpoint, cause) in [
            ("https://c:4317", "https is not supported over gRPC"),
            ("c:4317", "expected http://"),
        ] {
            let told = transport(&Settings::new(endpoint))
                .err()
                .unwrap()
                .to_string();
            assert!(told.contains(cause), "{told}");
        }
    }
}
