//! Which request goes where: the endpoints of the host and what hooks added.
//!
//! The one rule: a table of routes belongs to one set of hooks; other hooks get
//! another table, and if those do not fit together the last good one stays.

use crate::api::{ENDPOINTS, Endpoint};
use jsvm::{
    App, Error, Found, HookSet, Level, Middleware, Mux, Native, Pattern, Route, Step, http::Request,
};
use std::sync::{Arc, PoisonError, RwLock};

/// What a request leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// The route of that index in the hooks.
    Script(usize),
    /// An endpoint of the host.
    Host(Endpoint),
    /// A public file.
    Files,
    /// Nothing; not even a file would do.
    Nothing,
}

/// Where a request goes, with what its path says.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) target: Target,
    pub(crate) pattern: String,
    pub(crate) values: Vec<(String, String)>,
}

/// Routes of the host and of one set of hooks.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) hooks: Arc<HookSet>,
    mux: Mux<Target>,
    /// Whether any middleware changes the limit of bodies.
    has_body_limits: bool,
}

impl Routes {
    /// Puts the routes of the host and of the hooks together.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] naming the pattern that is none, or the two that
    /// conflict, with their places.
    pub(crate) fn new(hooks: Arc<HookSet>) -> Result<Self, Error> {
        let mut mux = Mux::new();
        for (method, path, endpoint) in ENDPOINTS {
            add(
                &mut mux,
                &hooks,
                (method, path, BUILT_IN),
                Target::Host(*endpoint),
            )?;
        }
        for (index, route) in hooks.routes().iter().enumerate() {
            let Route {
                method,
                path,
                place,
                ..
            } = route;
            add(
                &mut mux,
                &hooks,
                (method, path, place),
                Target::Script(index),
            )?;
        }
        let of_routes = hooks.routes().iter().flat_map(|route| &route.middlewares);
        let has_body_limits = hooks
            .middlewares()
            .iter()
            .chain(of_routes)
            .any(is_body_limit);
        Ok(Self {
            hooks,
            mux,
            has_body_limits,
        })
    }

    /// Where a request goes, or, as an error, to which path it has to go first.
    pub(crate) fn find(&self, request: &Request) -> Result<Match, String> {
        match self
            .mux
            .find(&request.method, &request.host, request.raw_path())
        {
            Found::Target {
                target,
                pattern,
                values,
            } => Ok(Match {
                target: *target,
                pattern: pattern.text().to_owned(),
                values,
            }),
            Found::Redirect(path) => Err(path),
            Found::NotFound => Ok(unmatched(request)),
        }
    }

    /// The limit of bodies that the middlewares of a request's route set.
    pub(crate) fn body_limit(&self, request: &Request) -> Option<u64> {
        if !self.has_body_limits {
            return None;
        }
        let route = match self.find(request).ok()?.target {
            Target::Script(index) => self.script(index),
            _ => None,
        };
        let mut steps = self.hooks.middlewares_for(route).into_iter();
        steps.find_map(|step| match step {
            Step::Native(Native::BodyLimit(limit)) => Some(limit),
            _ => None,
        })
    }

    /// The route that a script added as the `index`th.
    pub(crate) fn script(&self, index: usize) -> Option<&Route> {
        self.hooks.routes().get(index)
    }
}

fn is_body_limit(middleware: &Middleware) -> bool {
    matches!(middleware.step, Step::Native(Native::BodyLimit(_)))
}

const BUILT_IN: &str = "a route of the server itself";

fn add(
    mux: &mut Mux<Target>,
    hooks: &HookSet,
    (method, path, place): (&str, &str, &str),
    target: Target,
) -> Result<(), Error> {
    let pattern =
        Pattern::parse(method, path).map_err(|err| Error::host(format!("{place}: {err}")))?;
    mux.add(pattern, target).map_err(|conflict| {
        let other = mux.get(conflict.other_index).map(|(_, target)| *target);
        let other = match other {
            Some(Target::Script(index)) => hooks.routes().get(index).map(|route| &*route.place),
            _ => None,
        };
        let other = other.unwrap_or(BUILT_IN);
        Error::host(format!("{place}: {conflict} (the other is {other})"))
    })
}

/// PocketBase: files for whoever reads, for anybody else there is nothing.
///
/// These two are no patterns of the table, or a script could not add a route
/// for any method.
fn unmatched(request: &Request) -> Match {
    match request.method.as_str() {
        "GET" | "HEAD" => {
            let path = request.path();
            let path = path.strip_prefix('/').unwrap_or(&path).to_owned();
            Match {
                target: Target::Files,
                pattern: "GET /{path...}".into(),
                values: vec![("path".into(), path)],
            }
        }
        _ => Match {
            target: Target::Nothing,
            pattern: "/".into(),
            values: Vec::new(),
        },
    }
}

/// The routes in force, which follow the hooks in force.
#[derive(Debug)]
pub(crate) struct Table(RwLock<State>);

#[derive(Debug)]
struct State {
    routes: Arc<Routes>,
    /// The hooks that were looked at last; not those of the routes if they
    /// do not fit together.
    seen: Arc<HookSet>,
}

impl Table {
    /// The routes of an app's hooks.
    ///
    /// # Errors
    ///
    /// As [`Routes::new`].
    pub(crate) fn new(app: &App) -> Result<Self, Error> {
        let seen = app.hooks();
        let routes = Arc::new(Routes::new(Arc::clone(&seen))?);
        Ok(Self(RwLock::new(State { routes, seen })))
    }

    /// The routes of the app's hooks; after a reload, made by the first who asks.
    pub(crate) fn current(&self, app: &App) -> Arc<Routes> {
        let hooks = app.hooks();
        {
            let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&state.seen, &hooks) {
                return Arc::clone(&state.routes);
            }
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&state.seen, &hooks) {
            match Routes::new(Arc::clone(&hooks)) {
                Ok(routes) => state.routes = Arc::new(routes),
                Err(err) => app.log(
                    Level::Error,
                    &format!("the routes stay as they were: {err}"),
                ),
            }
            state.seen = hooks;
        }
        Arc::clone(&state.routes)
    }
}
