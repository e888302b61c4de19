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
use crate::{
    api::auth::{self, Web},
    store::Sqlite,
};
use jsvm::{
    Action, ApiError, App, Error, Event, Exchange, Level, Native, Step,
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
        app.set_web_api(Arc::new(Web(store.clone())));
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
        let auth = auth::of_request(&self.app, &request);
        let exchange = Arc::new(Exchange::new(request, auth));
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

    /// Most bytes that the body of a request may have, if its route says so;
    /// 0 is any number.
    pub(crate) fn body_limit(&self, request: &Request) -> Option<u64> {
        self.table.current(&self.app).body_limit(request)
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
        let (steps, action) = self.steps(routes, target);
        // A reload in the middle of a request must not mix two sets of hooks.
        let app = self.app.keeping(Arc::clone(&routes.hooks));
        let event = Event::new(app).with_exchange(Arc::clone(exchange));
        self.app.run_steps(steps, Arc::new(event), action)
    }

    fn steps(&self, routes: &Routes, target: Target) -> (Vec<Step>, Action) {
        let store = self.store.clone();
        let action: Action = match target {
            Target::Script(index) => {
                let route = routes.script(index);
                let mut steps = routes.hooks.middlewares_for(route);
                let action: Action = match route.map(|route| &route.handler) {
                    Some(Step::Native(Native::Static { dir, has_fallback })) => {
                        static_files(Public::new(dir.into()), *has_fallback)
                    }
                    handler => {
                        steps.extend(handler.cloned());
                        Box::new(|_| Ok(()))
                    }
                };
                return (steps, action);
            }
            Target::Host(endpoint) => Box::new(move |event| endpoint(&store, event)),
            Target::Files => public_files(self.public.clone()),
            Target::Nothing => {
                Box::new(|_| Err(Error::Api(ApiError::new(404, "", serde_json::Value::Null))))
            }
        };
        (routes.hooks.middlewares_for(None), action)
    }
}

fn public_files(public: Public) -> Action {
    Box::new(move |event| match event.exchange() {
        Some(exchange) => public.serve(exchange),
        None => Ok(()),
    })
}

fn static_files(files: Public, has_fallback: bool) -> Action {
    Box::new(move |event| match event.exchange() {
        Some(exchange) => files.serve_below(exchange, has_fallback),
        None => Ok(()),
    })
}

fn panic_text(cause: &(dyn Any + Send)) -> &str {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
