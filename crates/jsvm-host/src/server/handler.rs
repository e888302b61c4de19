//! From a request to its answer, on one thread.
//!
//! The one rule: whatever happens, there is an answer. Knows nothing of
//! sockets, and nothing of what endpoints and hooks do.

use super::{
    answers,
    cors::{self, Entry},
    files::Public,
    metrics::{self, MetricsPage},
    routes::{Match, Routes, Table, Target},
};
use crate::store::Sqlite;
use jsvm::{
    Action, ApiError, App, Error, Event, Exchange, Handler as Hook, Level,
    http::{Request, Response},
};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

/// Answers requests with the routes of the host and of an app's hooks.
pub(crate) struct Handler {
    app: App,
    store: Sqlite,
    table: Table,
    public: Public,
    metrics: OnceLock<MetricsPage>,
}

impl Handler {
    /// A handler for the routes that are in force.
    ///
    /// # Errors
    ///
    /// If the routes of the hooks do not fit together.
    pub(crate) fn new(app: App, store: Sqlite, public: Public) -> Result<Self, Error> {
        Ok(Self {
            table: Table::new(&app)?,
            app,
            store,
            public,
            metrics: OnceLock::new(),
        })
    }

    /// Shows a page of metrics to everybody. Once only.
    pub(crate) fn show_metrics(&self, page: MetricsPage) {
        let _ = self.metrics.set(page);
    }

    /// Answers a request; it waits for the hooks that the request runs.
    pub(crate) fn handle(&self, request: Request) -> Response {
        let routes = self.table.current(&self.app);
        let found = match routes.find(&request) {
            Ok(found) => found,
            Err(path) => return answers::redirect(&request, &path),
        };
        if let (Target::Files, Some(page)) = (found.target, self.metrics.get())
            && metrics::is_asked(&request)
        {
            return page.answer();
        }
        let exchange = Arc::new(Exchange::new(request, None));
        let Match {
            target,
            pattern,
            values,
        } = found;
        exchange.set_match(pattern, values);
        if cors::enter(&exchange) == Entry::Open {
            let run = || self.run(&routes, target, &exchange);
            let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|cause| {
                self.app
                    .log(Level::Error, &format!("panic: {}", panic_text(&*cause)));
                Err(Error::Api(ApiError::new(500, "", serde_json::Value::Null)))
            });
            answers::settle(&self.app, &exchange, result);
        }
        exchange.take_response()
    }

    /// Answers a request that no route is to see.
    pub(crate) fn refuse(&self, request: Request, err: Error) -> Response {
        let exchange = Exchange::new(request, None);
        if cors::enter(&exchange) == Entry::Open {
            answers::settle(&self.app, &exchange, Err(err));
        }
        exchange.take_response()
    }

    /// Whether and how the target answers, with all middlewares before it.
    fn run(&self, routes: &Routes, target: Target, exchange: &Arc<Exchange>) -> Result<(), Error> {
        let (hooks, action) = self.chain(routes, target);
        // A reload in the middle of a request must not mix two sets of hooks.
        let app = self.app.keeping(Arc::clone(&routes.hooks));
        let event = Event::new(app).with_exchange(Arc::clone(exchange));
        self.app.run_chain(hooks, Arc::new(event), action)
    }

    fn chain(&self, routes: &Routes, target: Target) -> (Vec<Arc<Hook>>, Action) {
        let store = self.store.clone();
        let public = self.public.clone();
        let action: Action = match target {
            Target::Script(index) => {
                let route = routes.script(index);
                let mut hooks = routes.hooks.middlewares_for(route);
                hooks.extend(route.map(|route| Arc::clone(&route.handler)));
                return (hooks, Box::new(|_| Ok(())));
            }
            Target::Host(endpoint) => Box::new(move |event| endpoint(&store, event)),
            Target::Files => Box::new(move |event| match event.exchange() {
                Some(exchange) => public.serve(exchange),
                None => Ok(()),
            }),
            Target::Nothing => {
                Box::new(|_| Err(Error::Api(ApiError::new(404, "", serde_json::Value::Null))))
            }
        };
        (routes.hooks.middlewares_for(None), action)
    }
}

fn panic_text(cause: &(dyn Any + Send)) -> &str {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
