//! The HTTP server of the reference host.
//!
//! The one rule: sockets are asynchronous and everything behind them is not; a
//! request crosses over as plain data. Routing is ours, not the library's,
//! because scripts know the patterns of Go.

pub(crate) mod answers;

mod cors;
pub(crate) mod files;
mod handler;
mod metrics;
mod ranges;
mod routes;
mod wire;

pub use self::metrics::MetricsPage;

use self::{files::Public, handler::Handler, routes::Routes, wire::Shared};
use crate::store::Sqlite;
use anyhow::Context;
use axum::{handler::Handler as _, serve::ListenerExt};
use jsvm::{App, Error, HookSet};
use std::{
    future::{Future, IntoFuture},
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, time::sleep};

/// How a server works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The directory whose files anybody may read; it need not be there.
    ///
    /// By default, this is `pb_public`.
    pub public_dir: PathBuf,
    /// Most bytes of a body; beyond, a request is answered with 413.
    ///
    /// By default, this is 32 MiB.
    pub max_body: usize,
    /// How many requests may be in work; beyond, they are answered with 503.
    ///
    /// By default, this is 4096.
    pub max_requests: NonZeroUsize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_dir: "pb_public".into(),
            max_body: 32 << 20,
            max_requests: NonZeroUsize::new(4096).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

/// Whether the routes of hooks fit together, and with those of the server.
///
/// # Errors
///
/// As [`Server::new`].
pub fn check(hooks: &Arc<HookSet>) -> Result<(), Error> {
    Routes::new(Arc::clone(hooks)).map(drop)
}

/// The web API, the routes of hooks and public files, ready to be served.
pub struct Server {
    shared: Shared,
}

impl Server {
    /// A server for an app whose hooks are loaded and whose records are in
    /// `store`.
    ///
    /// It follows the app's hooks: other ones bring other routes with the next
    /// request, or, if their routes do not fit together, an entry in the log.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] naming the route whose pattern is none, or two routes
    /// that match the same requests, with the places where they were added.
    pub fn new(app: App, store: Sqlite, options: &Options) -> Result<Self, Error> {
        let public = Public::new(options.public_dir.clone());
        let handler = Handler::new(app, store, public)?;
        Ok(Self {
            shared: Shared::new(handler, options),
        })
    }

    /// Answers `GET /metrics` with this page, to everybody who reaches the
    /// server. A second page is ignored.
    #[must_use]
    pub fn with_metrics(self, page: MetricsPage) -> Self {
        self.shared.show_metrics(page);
        self
    }

    /// Serves until `shutdown` is done, then lets requests in progress end.
    ///
    /// From that moment on no connection is accepted. It returns when the last
    /// request has its answer, or after `drain`; what is still in progress
    /// then ends with the process. Each request waits on a blocking thread of
    /// the runtime for its hooks; more than there are wait in line.
    ///
    /// # Errors
    ///
    /// If the listener cannot be used.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
        drain: Duration,
    ) -> anyhow::Result<()> {
        let (told, tell) = oneshot::channel();
        let shutdown = async move {
            shutdown.await;
            // Nobody listens if serving has ended by itself.
            let _ = told.send(());
        };
        let listener = listener.tap_io(|stream| {
            // Without it answers are only slower.
            let _ = stream.set_nodelay(true);
        });
        let service = wire::answer
            .with_state(self.shared)
            .into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown);
        let too_late = async {
            match tell.await {
                Ok(()) => sleep(drain).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            done = serving.into_future() => done.context("the listener failed"),
            () = too_late => Ok(()),
        }
    }
}
