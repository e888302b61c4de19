//! Sends mails: to an SMTP server, or through the `sendmail` of this machine.
//!
//! The one rule: whoever waits is answered in time, whatever the server does.
//! What a mail says is decided before it comes here.

mod message;
mod plain;

use jsvm::{Error, Mail, Mailer, Smtp};
use lettre::{
    Message, SendmailTransport, SmtpTransport, Transport,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// A step of a connection whose mail nobody waits for any more ends after this.
const LONGEST_STEP: Duration = Duration::from_secs(10);
/// Mails that are on their way at once.
const MOST: usize = 32;
/// PocketBase: where `sendmail` is looked for.
const SENDMAIL: [&str; 3] = [
    "/usr/sbin/sendmail",
    "/usr/bin/sendmail",
    "/usr/lib/sendmail",
];

/// Sends each mail over a connection of its own.
#[derive(Debug, Clone, Default)]
pub struct Post {
    on_their_way: Arc<AtomicUsize>,
}

impl Post {
    /// One that has sent nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Mailer for Post {
    fn send(&self, mail: &Mail, smtp: Option<&Smtp>, timeout: Duration) -> Result<(), Error> {
        let message = message::of(mail)?;
        let way = Way::of(smtp, timeout)?;
        let Some(turn) = Turn::take(&self.on_their_way) else {
            return Err(failed(format!("{MOST} others are on their way already")));
        };
        let (tell, told) = mpsc::channel();
        let send = move || {
            let _ = tell.send(way.take(&message));
            drop(turn);
        };
        let thread = thread::Builder::new().name("jsvm-mail".into());
        thread.spawn(send).map_err(failed)?;
        match told.recv_timeout(timeout) {
            Ok(sent) => sent,
            Err(RecvTimeoutError::Timeout) => {
                Err(failed(format!("it was not taken within {timeout:.1?}")))
            }
            Err(RecvTimeoutError::Disconnected) => Err(failed("the one who carried it failed")),
        }
    }
}

/// How a mail leaves.
enum Way {
    Smtp(Box<SmtpTransport>),
    Sendmail(SendmailTransport),
}

impl Way {
    fn of(smtp: Option<&Smtp>, timeout: Duration) -> Result<Self, Error> {
        let Some(smtp) = smtp else {
            let found = SENDMAIL.into_iter().find(|path| Path::new(path).exists());
            return match found {
                Some(path) => Ok(Self::Sendmail(SendmailTransport::new_with_command(path))),
                None => Err(failed(
                    "there is no sendmail on this machine; name a server in settings.smtp",
                )),
            };
        };
        Ok(Self::Smtp(Box::new(connection(smtp, timeout)?)))
    }

    fn take(&self, message: &Message) -> Result<(), Error> {
        match self {
            Self::Smtp(server) => server.send(message).map(drop).map_err(failed),
            Self::Sendmail(command) => command.send(message).map_err(failed),
        }
    }
}

fn connection(smtp: &Smtp, timeout: Duration) -> Result<SmtpTransport, Error> {
    let tls = TlsParameters::new(smtp.host.clone()).map_err(failed)?;
    let name = match smtp.local_name.as_str() {
        "" => "localhost",
        name => name,
    };
    let mut server = SmtpTransport::builder_dangerous(smtp.host.clone())
        .port(smtp.port)
        .hello_name(ClientId::Domain(name.into()))
        .timeout(Some(timeout.min(LONGEST_STEP)))
        .tls(match smtp.tls {
            true => Tls::Wrapper(tls),
            false => Tls::Opportunistic(tls),
        });
    if !smtp.username.is_empty() || !smtp.password.is_empty() {
        let credentials = Credentials::new(smtp.username.clone(), smtp.password.clone());
        server = server
            .credentials(credentials)
            .authentication(vec![mechanism(&smtp.auth_method)?]);
    }
    Ok(server.build())
}

fn mechanism(name: &str) -> Result<Mechanism, Error> {
    match name {
        "" | "PLAIN" => Ok(Mechanism::Plain),
        "LOGIN" => Ok(Mechanism::Login),
        other => Err(failed(format!(
            "settings.smtp.authMethod is {other:?}; it can be \"PLAIN\" or \"LOGIN\""
        ))),
    }
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error::host(format!("the mail was not sent: {why}"))
}

/// The right to be on the way, until it is dropped.
struct Turn(Arc<AtomicUsize>);

impl Turn {
    fn take(count: &Arc<AtomicUsize>) -> Option<Self> {
        let turn = Self(Arc::clone(count));
        (count.fetch_add(1, Ordering::Relaxed) < MOST).then_some(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_few_and_come_back() {
        let count = Arc::default();
        let turns: Vec<_> = (0..MOST).map(|_| Turn::take(&count).unwrap()).collect();
        assert!(Turn::take(&count).is_none());
        drop(turns);
        assert!(Turn::take(&count).is_some());
        assert_eq!(count.load(Ordering::Relaxed), 0);
    }
}
