//! What stands before the handler of a route: functions of scripts, and the
//! middlewares of `$apis`.
//!
//! The one rule: the middlewares of the host need no VM; the scripts around
//! them form chains that nest. Knows nothing of sockets.

use crate::{
    app::App,
    chain::Action,
    error::{ApiError, Error},
    event::Event,
    exchange::Exchange,
    hooks::Handler,
};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use std::{io::Write, sync::Arc};

/// One step on the way of a request.
#[derive(Debug, Clone)]
pub enum Step {
    /// A function of a script.
    Script(Arc<Handler>),
    /// A middleware of the host.
    Native(Native),
}

impl Step {
    /// The function of a script that it is.
    pub fn script(&self) -> Option<&Arc<Handler>> {
        match self {
            Self::Script(handler) => Some(handler),
            Self::Native(_) => None,
        }
    }
}

/// A middleware that `$apis` makes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Native {
    /// Only who has not signed in.
    RequireGuestOnly,
    /// Only who has signed in, to one of these collections if there are any.
    RequireAuth(Vec<String>),
    /// Only superusers, and the record whose id is this value of the path.
    RequireSuperuserOrOwner(String),
    /// Only failures are logged.
    SkipSuccessActivityLog,
    /// Answers are compressed for clients that can read it.
    Gzip,
    /// Larger bodies are refused; 0 allows any.
    BodyLimit(u64),
    /// The handler of a route: files of a directory.
    Static {
        /// The directory.
        dir: String,
        /// Whether `index.html` answers for what is not there.
        has_fallback: bool,
    },
}

/// PocketBase: the id under which the default limit of bodies is replaced.
pub const BODY_LIMIT: &str = "pbBodyLimit";

impl Native {
    /// PocketBase: a later middleware of the same id replaces an earlier one.
    pub fn id(&self) -> &'static str {
        match self {
            Self::RequireGuestOnly => "pbRequireGuestOnly",
            Self::RequireAuth(names) if is_for_superusers(names) => "pbRequireSuperuserAuth",
            Self::RequireAuth(_) => "pbRequireAuth",
            Self::RequireSuperuserOrOwner(_) => "pbRequireSuperuserOrOwnerAuth",
            Self::SkipSuccessActivityLog => "pbSkipSuccessActivityLog",
            Self::Gzip => "pbGzip",
            Self::BodyLimit(_) => BODY_LIMIT,
            Self::Static { .. } => "",
        }
    }

    /// PocketBase: bodies are looked at before anything else.
    pub fn priority(&self) -> i64 {
        match self {
            Self::BodyLimit(_) => -990,
            _ => 0,
        }
    }

    /// Lets the request pass to `next`, or refuses it.
    fn run(
        &self,
        exchange: &Exchange,
        next: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::RequireGuestOnly if exchange.auth().is_some() => {
                Err(refusal(400, "The request can be accessed only by guests."))
            }
            Self::RequireAuth(names) => require_auth(exchange, names).and_then(|()| next()),
            Self::RequireSuperuserOrOwner(param) => {
                require_owner(exchange, param).and_then(|()| next())
            }
            Self::SkipSuccessActivityLog => {
                let key = "__pbSkipSuccessActivityLogger".to_owned();
                exchange.values().insert(key, true.into());
                next()
            }
            Self::Gzip => gzip(exchange, next),
            Self::BodyLimit(limit) if is_longer(exchange, *limit) => {
                Err(refusal(413, "Request entity too large."))
            }
            Self::Static { .. } => Err(Error::host(
                "the handler made by $apis.static is no middleware; give it to routerAdd",
            )),
            Self::RequireGuestOnly | Self::BodyLimit(_) => next(),
        }
    }
}

impl App {
    /// Runs the steps of a request, each inside of the one before it, and
    /// `action` inside of the last.
    ///
    /// # Errors
    ///
    /// What a step refused or threw, or what `action` returned.
    pub fn run_steps(
        &self,
        steps: Vec<Step>,
        event: Arc<Event>,
        action: Action,
    ) -> Result<(), Error> {
        let mut steps = steps.into_iter();
        let mut scripts = Vec::new();
        while let Some(step) = steps.next() {
            let native = match step {
                Step::Script(handler) => {
                    scripts.push(handler);
                    continue;
                }
                Step::Native(native) => native,
            };
            let (app, rest) = (self.clone(), steps.collect());
            let inner: Action = Box::new(move |event| {
                let next = || app.run_steps(rest, Arc::clone(event), action);
                match event.exchange() {
                    Some(exchange) => native.run(exchange, next),
                    None => next(),
                }
            });
            return self.run_chain(scripts, event, inner);
        }
        self.run_chain(scripts, event, action)
    }
}

fn refusal(status: u16, message: &str) -> Error {
    Error::Api(ApiError::new(status, message, Value::Null))
}

fn is_for_superusers(names: &[String]) -> bool {
    names.len() == 1 && names[0] == crate::auth::SUPERUSERS
}

fn is_longer(exchange: &Exchange, limit: u64) -> bool {
    limit > 0 && exchange.request().body.len() as u64 > limit
}

/// Refuses who has not signed in, or not to one of the named collections.
///
/// # Errors
///
/// PocketBase: 401 for nobody, 403 for somebody else.
pub fn require_auth(exchange: &Exchange, names: &[String]) -> Result<(), Error> {
    let auth = exchange.auth().ok_or_else(nobody)?;
    let collection = Arc::clone(auth.lock().collection());
    match names.is_empty() || names.contains(&collection.name) {
        true => Ok(()),
        false => Err(refusal(
            403,
            "The authorized record is not allowed to perform this action.",
        )),
    }
}

fn require_owner(exchange: &Exchange, param: &str) -> Result<(), Error> {
    let auth = exchange.auth().ok_or_else(nobody)?;
    let auth = auth.lock();
    match auth.is_superuser() || auth.id() == exchange.path_value(param) {
        true => Ok(()),
        false => Err(refusal(403, "")),
    }
}

fn nobody() -> Error {
    refusal(
        401,
        "The request requires valid record authorization token.",
    )
}

const ENCODING: &str = "Content-Encoding";

/// Compresses what was written inside, if the client says that it can read it.
fn gzip(exchange: &Exchange, next: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    exchange.response().headers.add("Vary", "Accept-Encoding");
    let accepted = exchange.request().headers.values("Accept-Encoding");
    if !accepted.iter().any(|text| text.contains("gzip")) {
        return next();
    }
    exchange.response().headers.set(ENCODING, "gzip");
    let result = next();
    let mut response = exchange.response();
    let is_ours = response.sent_headers().get(ENCODING) == "gzip";
    if !is_ours {
        return result;
    }
    if response.body.is_empty() {
        response.edit_headers(|headers| headers.del(ENCODING));
        return result;
    }
    if !response.sent_headers().contains("Content-Type") {
        let kind = crate::http::detect_content_type(&response.body);
        response.edit_headers(|headers| headers.set("Content-Type", kind));
    }
    response.body = compressed(&response.body)?;
    result
}

fn compressed(body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(body)
        .and_then(|()| encoder.finish())
        .map_err(|err| Error::host(format!("the answer cannot be compressed: {err}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Request;
    use flate2::read::GzDecoder;
    use std::io::Read;

    fn exchange(accepts: &str) -> Exchange {
        let headers = [("accept-encoding", accepts)];
        let request = Request {
            headers: headers.into_iter().collect(),
            body: b"12345".to_vec(),
            ..Request::default()
        };
        Exchange::new(request, None)
    }

    #[test]
    fn answers_are_compressed_for_who_can_read_it() {
        for (accepts, body, is_compressed) in [
            ("gzip, br", "<p>hello", true),
            ("br", "<p>hello", false),
            ("gzip", "", false),
        ] {
            let exchange = exchange(accepts);
            let write = || {
                exchange.response().write(body.as_bytes());
                Ok(())
            };
            Native::Gzip.run(&exchange, write).unwrap();
            let response = exchange.take_response();
            let headers = response.sent_headers();
            assert_eq!(headers.get("Vary"), "Accept-Encoding");
            assert_eq!(headers.get(ENCODING) == "gzip", is_compressed, "{accepts}");
            if is_compressed {
                let mut text = String::new();
                GzDecoder::new(&*response.body)
                    .read_to_string(&mut text)
                    .unwrap();
                assert_eq!(text, body);
                assert_eq!(headers.get("Content-Type"), "text/html; charset=utf-8");
            } else {
                assert_eq!(response.body, body.as_bytes());
            }
        }
    }

    #[test]
    fn an_error_leaves_no_encoding_behind() {
        let exchange = exchange("gzip");
        let failed = Native::Gzip.run(&exchange, || Err(Error::NotFound));
        assert_eq!(failed, Err(Error::NotFound));
        assert!(!exchange.response().headers.contains(ENCODING));
    }

    #[test]
    fn who_is_nobody_passes_only_where_guests_do() {
        for (native, wanted) in [
            (Native::RequireGuestOnly, Ok(())),
            (Native::RequireAuth(Vec::new()), Err(nobody())),
            (Native::RequireSuperuserOrOwner("id".into()), Err(nobody())),
            (Native::BodyLimit(5), Ok(())),
            (
                Native::BodyLimit(4),
                Err(refusal(413, "Request entity too large.")),
            ),
            (Native::BodyLimit(0), Ok(())),
            (Native::SkipSuccessActivityLog, Ok(())),
        ] {
            assert_eq!(native.run(&exchange(""), || Ok(())), wanted, "{native:?}");
        }
    }
}
