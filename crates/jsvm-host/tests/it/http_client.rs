//! Requests that scripts send, to real servers.

use crate::site::{Plan, Site};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// A server that answers what `answer` writes to each connection, and reads
/// the head of each request first.
fn server(answer: fn(&mut TcpStream, &str)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                answer(&mut stream, &String::from_utf8_lossy(&head));
            });
        }
    });
    address
}

fn site(net: &str, timeout: Duration) -> Site {
    Site::new(Plan {
        hooks: r#"routerAdd("GET", "/send", (e) => {
            const config = JSON.parse(e.request.url.query().get("config"))
            const answer = $http.send(config)
            return e.json(200, [answer.statusCode, answer.raw, answer.headers, toString(answer.body) === answer.raw])
        })
        routerAdd("GET", "/caught", (e) => {
            try { $http.send({ url: e.request.url.query().get("url"), timeout: 1 }) } catch (err) {
                return e.string(200, err.name + " " + err.message)
            }
        })
        routerAdd("POST", "/form", (e) => {
            const files = e.findUploadedFiles("doc")
            return e.string(200, e.request.formValue("n") + " " + toString(files[0].reader.open()))
        })
        routerAdd("GET", "/all", (e) => {
            const sent = $http.send({ url: e.request.url.query().get("url"), method: "put", body: toBytes("abc"), headers: { "x-a": 1, host: "other" } })
            const form = new FormData()
            form.append("n", 1)
            form.append("doc", $filesystem.fileFromBytes("text", 'a"b.txt'))
            const url = "http://" + e.request.host + "/form"
            const answer = $http.send({ url, method: "POST", body: form, headers: { "content-type": "other" } })
            if (answer.raw !== "1 text") throw new Error(answer.raw)
            return e.json(200, [sent.raw, sent.json, sent.cookies.sid.value, sent.cookies.sid.httpOnly])
        })"#,
        config: format!("[sandbox]\nnet = [{net}]"),
        timeout: Some(timeout),
        ..Plan::default()
    })
}

fn ask(site: &Site, path: &str, address: &str) -> String {
    site.get(&format!("{path}?url={address}")).body
}

#[test]
fn a_request_goes_out_as_it_is_told() {
    let echo = server(|stream, head| {
        let mut body = vec![0; 3];
        stream.read_exact(&mut body).unwrap();
        let mut lines: Vec<_> = head.trim_end().lines().map(str::to_owned).collect();
        lines[1..].sort();
        lines.retain(|line| !line.to_lowercase().starts_with("host: 127.0.0.1"));
        let body = serde_json::json!([lines, String::from_utf8_lossy(&body)]).to_string();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nSet-Cookie: sid=1; HttpOnly\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    });
    let site = site("\"127.0.0.1\"", Duration::from_secs(60));
    let told = ask(&site, "/all", &format!("http://{echo}/x"));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let lines = [
        "PUT /x HTTP/1.1",
        "accept-encoding: gzip",
        "content-length: 3",
        "user-agent: Go-http-client/1.1",
        "x-a: 1",
    ];
    assert_eq!(told[1], serde_json::json!([lines, "abc"]));
    assert_eq!((&told[2], &told[3]), (&"1".into(), &true.into()));
}

#[test]
fn what_is_not_allowed_is_told_with_its_setting() {
    let away = server(|stream, _| {
        write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n"
        )
        .unwrap();
    });
    let site = site("\"127.0.0.1\"", Duration::from_secs(60));
    let url = format!("http://{away}/");
    assert_eq!(
        ask(&site, "/caught", &url),
        format!(
            "GoError Get {url:?}: scripts may not reach localhost; add \"localhost\" to sandbox.net"
        )
    );
    let refused = ask(&site, "/caught", "http://127.0.0.1:1/");
    assert!(
        refused.starts_with("GoError Get \"http://127.0.0.1:1/\": "),
        "{refused}"
    );
}

#[test]
fn no_server_holds_a_script_or_fills_its_memory() {
    let silent = server(|stream, _| {
        let _ = stream.read(&mut [0]);
    });
    let endless = server(|stream, _| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let dripping = server(|stream, _| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let site = site("\"*\"", Duration::from_millis(400));
    for address in [silent, dripping] {
        let answer = site.get(&format!("/caught?url=http://{address}/"));
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    let site = self::site("\"*\"", Duration::from_secs(60));
    let told = ask(&site, "/caught", &format!("http://{endless}/"));
    assert!(told.contains("limits.buffer-size raises that"), "{told}");
    let told = ask(&site, "/caught", &format!("http://{silent}/"));
    assert!(told.contains("timeout"), "{told}");
}
