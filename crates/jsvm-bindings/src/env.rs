//! What a VM needs to know of the world it runs in.
//!
//! The one rule: every worker gets the same environment, and nothing in it
//! belongs to a thread.

use crate::{
    app::App, modules::Modules, network::Network, permissions::Permissions, system::System,
};
use jsvm_core::{Kind, Limits, Program, ScriptError, Source};
use std::{fmt, sync::Arc};

/// How much of the world scripts see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Nothing of it: no modules, no files, no processes, no network.
    #[default]
    Strict,
    /// What PocketBase shows them.
    PocketBase,
}

impl Profile {
    /// The name in configuration: `strict` or `pocketbase`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::PocketBase => "pocketbase",
        }
    }

    /// The profile of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Strict, Self::PocketBase]
            .into_iter()
            .find(|profile| profile.as_str() == name)
    }
}

/// Makes programs of sources, most often through a cache.
pub type Compile =
    Arc<dyn Fn(&Source, Kind) -> Result<Arc<Program>, ScriptError> + Send + Sync + 'static>;

/// The environment of executors and loaders.
#[derive(Clone)]
pub struct Env {
    /// The app that `$app` is outside of any transaction.
    pub app: App,
    /// What one execution may use.
    pub limits: Limits,
    /// How much of the world scripts see.
    pub profile: Profile,
    /// Which single things of it, whatever the profile says of the rest.
    pub permissions: Permissions,
    /// Whether scripts may change the built-in objects that they share with
    /// later executions in the same VM.
    pub freezes: bool,
    /// Whether scripts may make code of strings, by `eval` and `Function`.
    pub allows_eval: bool,
    /// The absolute path that `__hooks` holds; only in the PocketBase profile.
    pub hooks_dir: String,
    /// What `require` finds; only in the PocketBase profile.
    pub modules: Arc<Modules>,
    /// What `process.env` holds; only in the PocketBase profile.
    pub process_env: Arc<[(String, String)]>,
    /// Where `$http` sends requests.
    pub network: Arc<dyn Network>,
    /// Files and programs, as far as the permissions go.
    pub system: Arc<dyn System>,
    /// Makes programs of sources.
    pub compile: Compile,
    /// Bytes that the current thread has allocated so far.
    pub allocated: fn() -> u64,
    /// Bytes that the current thread holds now.
    pub live: fn() -> i64,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("limits", &self.limits)
            .field("profile", &self.profile)
            .field("hooks_dir", &self.hooks_dir)
            .finish_non_exhaustive()
    }
}
