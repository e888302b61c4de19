//! Mails that hooks send, to a server that takes them.

use crate::site::{Plan, Site};
use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

/// What a server was told: the commands, and the mail.
type Taken = (Vec<String>, String);

/// A mail server without TLS that takes everything.
fn server() -> (SocketAddr, Receiver<Taken>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            take(stream.unwrap(), &tell);
        }
    });
    (address, told)
}

fn take(mut stream: TcpStream, tell: &Sender<Taken>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let (mut commands, mut mail) = (Vec::new(), String::new());
    stream.write_all(b"220 ready\r\n").unwrap();
    while let Some(Ok(line)) = lines.next() {
        let answer = match line.split([' ', ':']).next().unwrap() {
            "EHLO" => "250-here\r\n250 AUTH PLAIN LOGIN",
            "AUTH" => "235 known",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").unwrap();
                for line in lines.by_ref().map(Result::unwrap) {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        commands.push(line);
        stream
            .write_all(format!("{answer}\r\n").as_bytes())
            .unwrap();
    }
    // Nobody may be waiting for it.
    let _ = tell.send((commands, mail));
}

fn site(hooks: &'static str, settings: &str, sandbox: &str) -> Site {
    Site::new(Plan {
        hooks,
        config: format!("[sandbox]\n{sandbox}\n{settings}"),
        timeout: Some(Duration::from_secs(20)),
        ..Plan::default()
    })
}

fn smtp(address: SocketAddr) -> String {
    let (host, port) = (address.ip(), address.port());
    format!(
        "[settings.smtp]\nenabled = true\nhost = \"{host}\"\nport = {port}\nusername = \"u\"\npassword = \"p\""
    )
}

const SEND: &str = r#"
    routerAdd("GET", "/send", (e) => {
        const message = new MailerMessage({
            from: { address: "shop@example.com", name: "Our Shop" },
            to: [{ address: "ann@example.com" }],
            bcc: [{ address: "boss@example.com" }],
            subject: "Order\r\nX-Evil: 1",
            html: "<p>Thank <b>you</b></p>",
            headers: { "X-Order": "7\r\nX-Evil: 2" },
        })
        message.to.push({ address: "bob@example.com", name: "Bob" })
        message.attachments = { "a.txt": "content", "b.bin": new Uint8Array([0, 255]) }
        $app.newMailClient().send(message)
        return e.noContent(204)
    })
    onMailerSend((e) => {
        e.message.subject = "[shop] " + e.message.subject
        e.message.bcc = []
        return e.next()
    })
"#;

#[test]
fn a_mail_goes_out_as_its_hooks_leave_it() {
    let (address, taken) = server();
    let site = site(SEND, &smtp(address), "net = [\"127.0.0.1\"]");
    let answer = site.get("/send");
    assert_eq!(answer.status, 204, "{answer:?}");
    let (commands, mail) = taken.recv().unwrap();
    let envelope: Vec<_> = commands
        .iter()
        .filter(|line| line.starts_with("MAIL") || line.starts_with("RCPT"))
        .collect();
    assert_eq!(
        envelope,
        [
            "MAIL FROM:<shop@example.com>",
            "RCPT TO:<ann@example.com>",
            "RCPT TO:<bob@example.com>"
        ]
    );
    assert!(commands.iter().any(|line| line.starts_with("AUTH PLAIN ")));
    let (head, body) = mail.split_once("\n\n").unwrap();
    for line in [
        "From: \"Our Shop\" <shop@example.com>",
        "To: ann@example.com, Bob <bob@example.com>",
        "Subject: [shop] Order  X-Evil: 1",
        "X-Order: 7  X-Evil: 2",
    ] {
        assert!(head.lines().any(|it| it == line), "{line:?} in {head}");
    }
    assert!(head.contains("Message-ID: <") && head.contains("@example.com>"));
    for part in [
        "Content-Type: multipart/alternative;",
        "\nThank you\n",
        "<p>Thank <b>you</b></p>",
        "filename=\"a.txt\"",
        "\ncontent\n",
        "filename=\"b.bin\"",
        "\nAP8=\n",
    ] {
        assert!(body.contains(part), "{part:?} in {body}");
    }
}

#[test]
fn what_cannot_be_sent_is_told() {
    const HOOKS: &str = r#"routerAdd("GET", "/why", (e) => {
        const from = { address: "a@example.com" }
        const tries = [
            { from, to: [from], subject: 1 },
            { from, to: "b@example.com" },
            { from },
            { from, to: [{ address: "none" }] },
            { from, to: [from], headers: { "a b": "" } },
        ]
        return e.json(200, tries.map((given) => {
            try { $app.newMailClient().send(given); return "sent" } catch (err) { return err.message }
        }))
    })"#;
    let (address, _taken) = server();
    let allowed = site(HOOKS, &smtp(address), "net = [\"127.0.0.1\"]");
    assert_eq!(
        allowed.get("/why").json(),
        serde_json::json!([
            "mail: subject must be a text, not 1",
            "mail: to must be a list of { address: \"…\" }, not \"b@example.com\"",
            "the mail has no recipient: to, cc and bcc are empty",
            "the mail was not sent: to: \"none\" is no mail address: Missing domain or user",
            "the mail was not sent: \"a b\" is no name of a header field",
        ])
    );
    let refused = |settings: &str| {
        let told = site(HOOKS, settings, "net = [\"other\"]")
            .get("/why")
            .json();
        told[3].as_str().unwrap().to_owned()
    };
    assert_eq!(
        refused(&smtp(address)),
        "scripts may not send mails through 127.0.0.1; add \"127.0.0.1\" to sandbox.net"
    );
    assert_eq!(
        refused(""),
        "scripts may not run sendmail; add \"sendmail\" to sandbox.run, or name a server in \
         settings.smtp"
    );
}

#[test]
fn a_server_that_says_nothing_holds_nobody() {
    const HOOKS: &str = r#"
        routerAdd("GET", "/send", (e) => {
            const one = { address: "a@example.com" }
            $app.newMailClient().send({ from: one, to: [one], text: "x" })
        })
        routerAdd("GET", "/hello", (e) => e.string(200, "hello"))"#;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site::new(Plan {
        hooks: HOOKS,
        config: format!(
            "[sandbox]\nnet = [\"*\"]\n{}",
            smtp(silent.local_addr().unwrap())
        ),
        timeout: Some(Duration::from_millis(400)),
        ..Plan::default()
    });
    assert_eq!(site.get("/send").status, 503);
    assert_eq!(site.get("/hello").body, "hello");
}
