//! What a host's web API offers to the handlers of requests.
//!
//! The one rule: what is shown to clients is decided by the host alone; a
//! script says which record, and the host says what of it.

use crate::{app::App, error::Error, exchange::Exchange, record::RecordRef};
use serde_json::Value;
use std::sync::Arc;

/// The parts of a web API that scripts use; `$apis` hands them on.
pub trait WebApi: Send + Sync + 'static {
    /// Makes records ready to be shown to whoever sent the request: hooks,
    /// hidden fields, and relations, those named in the query first.
    ///
    /// # Errors
    ///
    /// What a hook threw.
    fn enrich(
        &self,
        app: &App,
        exchange: &Arc<Exchange>,
        records: Vec<RecordRef>,
        expands: &[String],
    ) -> Result<(), Error>;

    /// Answers with a file of a directory, or with the `index.html` of one in it.
    ///
    /// By default, a host serves no files.
    ///
    /// # Errors
    ///
    /// A 404 if there is no such file, or it is outside of the directory.
    fn serve_file(&self, exchange: &Exchange, dir: &str, name: &str) -> Result<(), Error> {
        let _ = exchange;
        Err(Error::host(format!(
            "{dir}/{name}: this host serves no files"
        )))
    }

    /// Answers with a token for the record and the record itself.
    ///
    /// `method` says how it proved who it is, empty if it did not just now;
    /// `meta` is sent along unless it is null.
    ///
    /// # Errors
    ///
    /// What a hook threw, and a 403 if the collection's rule does not hold.
    fn auth_response(
        &self,
        app: &App,
        exchange: &Arc<Exchange>,
        record: RecordRef,
        method: &str,
        meta: Value,
    ) -> Result<(), Error>;
}
