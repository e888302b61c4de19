//! What scripts may reach of the world, one kind of thing at a time.
//!
//! The one rule: what is not allowed here does not exist for a script, or is
//! refused with the name of the setting. Knows nothing of how things are
//! reached.

use crate::env::Profile;
use std::sync::Arc;

/// What scripts may reach of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Allowed {
    /// Nothing.
    #[default]
    Nothing,
    /// All of it.
    Everything,
    /// These names, or what is below these directories (absolute paths).
    Only(Arc<[String]>),
}

impl Allowed {
    /// What a list of a configuration means: an empty one leaves it to the
    /// profile.
    pub fn of(list: impl IntoIterator<Item = String>, profile: Profile) -> Self {
        let list: Arc<[String]> = list.into_iter().collect();
        match profile {
            _ if !list.is_empty() => Self::Only(list),
            Profile::Strict => Self::Nothing,
            Profile::PocketBase => Self::Everything,
        }
    }

    /// Whether there is anything.
    pub fn is_any(&self) -> bool {
        *self != Self::Nothing
    }

    /// Whether a name is allowed.
    pub fn has_name(&self, name: &str) -> bool {
        self.any(|allowed| allowed == name)
    }

    /// Whether a path is allowed: one of the directories, or below one. Paths
    /// are absolute and have no `..`.
    pub fn has_path(&self, path: &str) -> bool {
        self.any(|directory| {
            let rest = path.strip_prefix(directory.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Whether a host is allowed: by its name, with or without its port, below
    /// a name (`*.example.com`), or as any host (`*`).
    pub fn has_host(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let with_port = format!("{host}:{port}");
        self.any(|allowed| {
            let allowed = allowed.to_ascii_lowercase();
            let below = allowed
                .strip_prefix('*')
                .is_some_and(|suffix| suffix.is_empty() || ends_below(&host, suffix));
            below || allowed == host || allowed == with_port
        })
    }

    fn any(&self, is_it: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Only(list) => list.iter().any(|allowed| is_it(allowed)),
        }
    }
}

/// Whether a host's name ends with `.` and a name, and has more before it.
fn ends_below(host: &str, suffix: &str) -> bool {
    suffix.starts_with('.') && host.len() > suffix.len() && host.ends_with(suffix)
}

/// What scripts may reach; by default, this is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Permissions {
    /// Directories that `require` reads modules from. With none there is no
    /// `require`.
    pub require: Allowed,
    /// Variables that `process.env` has. With none there is no `process`.
    pub env: Allowed,
    /// Directories that `$os` reads and `$apis.static` serves files from.
    pub read: Allowed,
    /// Directories that `$os` writes files to.
    pub write: Allowed,
    /// Programs that `$os.cmd` runs, by the name that scripts give.
    pub run: Allowed,
    /// Hosts that `$http` sends requests to. With none there is no `$http`.
    pub net: Allowed,
}

impl Permissions {
    /// What a profile allows by itself.
    pub fn of(profile: Profile) -> Self {
        Self {
            require: Allowed::of([], profile),
            env: Allowed::of([], profile),
            read: Allowed::of([], profile),
            write: Allowed::of([], profile),
            run: Allowed::of([], profile),
            net: Allowed::of([], profile),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_wins_over_the_profile() {
        for profile in [Profile::Strict, Profile::PocketBase] {
            let only = Allowed::of(["/app/lib".to_owned()], profile);
            assert!(only.has_path("/app/lib/a.js") && only.has_path("/app/lib"));
            assert!(!only.has_path("/app/library.js") && !only.has_path("/app"));
        }
        assert!(!Permissions::of(Profile::Strict).env.has_name("HOME"));
        assert!(Permissions::of(Profile::PocketBase).read.has_path("/etc"));
        assert!(Allowed::of(["/".to_owned()], Profile::Strict).has_path("/etc"));
    }
}
