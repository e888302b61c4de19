//! A collector on a free port: it reads requests of HTTP from a socket and
//! decodes what they carry.
//!
//! The one rule: it does with each request what its test says, and nothing
//! waits for time.

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
};

/// What to do with one request.
pub(crate) enum Answer {
    /// Take it.
    Ok,
    /// Take it but for so many series.
    Partial(i64),
    /// Answer with a status and header fields, each with its line end.
    Status(u16, &'static str),
    /// Say nothing until the sender is dropped, then close.
    Hang(Receiver<()>),
    /// Answer with something that is no message.
    Nonsense,
}

/// A request that arrived.
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// What it carries.
    pub(crate) fn decoded<M: Message + Default>(&self) -> M {
        M::decode(&self.body[..]).unwrap()
    }
}

/// A collector that runs until its answers are used up.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    requests: Receiver<Request>,
}

impl Collector {
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        Self::over(answers, |stream| stream)
    }

    /// As [`new`](Self::new), behind what `wrap` makes of each connection.
    pub(crate) fn over<S: Read + Write>(
        answers: Vec<Answer>,
        wrap: impl Fn(TcpStream) -> S + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (arrived, requests) = mpsc::channel();
        thread::spawn(move || {
            for answer in answers {
                // Each answer closes its connection.
                let (stream, _) = listener.accept().unwrap();
                let mut stream = wrap(stream);
                // A client that does not trust the certificate sends nothing.
                let Some(request) = read(&mut stream) else {
                    continue;
                };
                // The test may have seen enough.
                let _ = arrived.send(request);
                reply(stream, answer);
            }
        });
        Self { address, requests }
    }

    /// The address for metrics over HTTP.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/v1/metrics", self.address)
    }

    /// Waits for the next request.
    pub(crate) fn next(&self) -> Request {
        self.requests.recv().unwrap()
    }
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let fields = lines[1..].iter().map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    });
    let headers: BTreeMap<_, _> = fields.collect();
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    if headers
        .get("content-encoding")
        .is_some_and(|name| name == "gzip")
    {
        let mut plain = Vec::new();
        GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
        body = plain;
    }
    Some(Request {
        line: lines[0].clone(),
        headers,
        body,
    })
}

fn reply(mut stream: impl Write, answer: Answer) {
    let mut response = ExportMetricsServiceResponse::default();
    let (status, fields, body) = match answer {
        Answer::Hang(release) => {
            let _ = release.recv();
            return;
        }
        Answer::Ok => (200, "", response.encode_to_vec()),
        Answer::Partial(rejected) => {
            response
                .partial_success
                .get_or_insert_default()
                .rejected_data_points = rejected;
            (200, "", response.encode_to_vec())
        }
        Answer::Status(status, fields) => (status, fields, Vec::new()),
        Answer::Nonsense => (200, "", b"<html>".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\n{fields}Content-Length: {}\r\n\r\n",
        body.len()
    );
    // The other end may have given up.
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    let _ = stream.flush();
}
