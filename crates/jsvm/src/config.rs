//! Configuration: one file, one table for each layer.
//!
//! The one rule: a key that nobody knows is an error with its line, and what
//! the file does not say is what `default.toml` says. Knows nothing of where
//! the file comes from, nor of flags.

mod metrics;
mod settings;

pub use metrics::{LogFormat, LogLevel, MetricsConfig, TableMode};

use jsvm_bindings::Allowed;
use serde::{Deserialize, Deserializer, de};
use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

mod pool;

pub use pool::{PoolConfig, WhenFull};

/// The reference file: every key with its default and what it means.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// All configuration.
///
/// ```
/// use jsvm::Config;
/// use std::time::Duration;
///
/// let config = Config::from_toml("[limits]\ntimeout = \"200ms\"")?;
/// assert_eq!(config.limits.timeout, Duration::from_millis(200));
/// assert!(Config::from_toml("[limits]\ntimout = \"1s\"").is_err());
/// # Ok::<(), jsvm::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// Worker threads and their queue.
    pub pool: PoolConfig,
    /// What one execution may use.
    pub limits: LimitsConfig,
    /// Compiled programs.
    pub cache: CacheConfig,
    /// Counters and log lines.
    pub metrics: MetricsConfig,
    /// What scripts see of the world.
    pub sandbox: SandboxConfig,
    /// The reference host.
    pub server: ServerConfig,
    /// PocketBase's settings, as far as they are not its defaults; what
    /// `$app.settings()` tells, and `e.realIP()` goes by.
    #[serde(deserialize_with = "settings::read")]
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LimitsConfig {
    /// Wall-clock time of one execution. By default, this is 5 s.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    /// Wall-clock time of one migration. By default, this is 10 minutes.
    #[serde(deserialize_with = "duration")]
    pub migration_timeout: Duration,
    /// Turns of all loops together. By default, this is 0: no limit.
    pub loops: u64,
    /// Bytes that an execution may hold. By default, this is 256 MiB.
    #[serde(deserialize_with = "bytes")]
    pub memory: u64,
    /// How deep functions may call each other. By default, this is 1000.
    pub recursion: usize,
    /// Bytes of one source file. By default, this is 1 MiB.
    #[serde(deserialize_with = "bytes")]
    pub source_size: u64,
    /// How deep a source may be nested. By default, this is 400, the most.
    #[serde(deserialize_with = "nesting")]
    pub nesting: usize,
    /// How deep a JSON text may be nested. By default, this is 1000; the most
    /// is 5000.
    #[serde(deserialize_with = "json_nesting")]
    pub json_nesting: usize,
    /// Characters of a string that a built-in function makes. By default, this
    /// is 67,108,864.
    pub string_length: u64,
    /// Elements of an array that a built-in function makes. By default, this
    /// is 16,777,216.
    pub array_length: u64,
    /// Bytes of one `ArrayBuffer`. By default, this is 64 MiB.
    #[serde(deserialize_with = "bytes")]
    pub buffer_size: u64,
    /// Steps of one match of a regular expression that backtracks. By default,
    /// this is 50,000,000.
    pub regexp_steps: u64,
    /// Promise jobs that wait at one time. By default, this is 250,000.
    pub pending_jobs: usize,
}

/// `[cache]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct CacheConfig {
    /// Bytes of compiled programs. By default, this is 100 MB; 0 disables it.
    #[serde(deserialize_with = "bytes")]
    pub max_bytes: u64,
    /// Where to keep them for the next start, with the same bound. By default,
    /// this is empty: nowhere.
    pub dir: PathBuf,
}

/// `[sandbox]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct SandboxConfig {
    /// `strict` or `pocketbase`. By default, this is `strict`.
    #[serde(deserialize_with = "profile")]
    pub profile: crate::Profile,
    /// Directories that `require` reads modules from. By default, this is
    /// empty: what the profile allows.
    pub require: Vec<String>,
    /// Variables that `process.env` has. By default, this is empty: what the
    /// profile allows.
    pub env: Vec<String>,
    /// Directories that `$os` reads and `$apis.static` serves. By default, this
    /// is empty: what the profile allows.
    pub read: Vec<String>,
    /// Directories that `$os` writes to. By default, this is empty: what the
    /// profile allows.
    pub write: Vec<String>,
    /// Programs that `$os.cmd` runs. By default, this is empty: what the
    /// profile allows.
    pub run: Vec<String>,
    /// Hosts that `$http` sends requests to, such as `api.example.com`,
    /// `localhost:8080` or `*.example.com`. By default, this is empty: what
    /// the profile allows.
    #[serde(deserialize_with = "hosts")]
    pub net: Vec<String>,
    /// Whether scripts may make code of strings. By default, this is what the
    /// profile says.
    pub eval: Eval,
    /// Whether scripts find the built-in objects frozen. By default, they do
    /// not, as in PocketBase.
    pub freeze: bool,
}

/// Whether scripts may make code of strings, by `eval`, `new Function` and their
/// kin; such code is metered and limited as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Eval {
    /// Refused in the profile `strict`, allowed in `pocketbase`.
    Profile,
    /// Allowed.
    Allowed,
    /// Refused with an `EvalError`.
    Refused,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ServerConfig {
    /// Address and port. By default, this is `127.0.0.1:8090`.
    pub http: String,
    /// How long requests in progress may take at the end. By default, this is
    /// 10 s.
    #[serde(deserialize_with = "duration")]
    pub drain: Duration,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = jsvm_core::Limits::default();
        Self {
            timeout: limits.timeout,
            migration_timeout: Duration::from_secs(600),
            loops: limits.loops,
            memory: limits.memory,
            recursion: limits.recursion,
            source_size: limits.source_size as u64,
            nesting: limits.nesting,
            json_nesting: limits.json_nesting,
            string_length: limits.string_length,
            array_length: limits.array_length,
            buffer_size: limits.buffer_size,
            regexp_steps: limits.regexp_steps,
            pending_jobs: limits.pending_jobs,
        }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            max_bytes: jsvm_cache::DEFAULT_MAX_BYTES,
            dir: PathBuf::new(),
        }
    }
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            profile: crate::Profile::Strict,
            require: Vec::new(),
            env: Vec::new(),
            read: Vec::new(),
            write: Vec::new(),
            run: Vec::new(),
            net: Vec::new(),
            eval: Eval::Profile,
            freeze: false,
        }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            http: "127.0.0.1:8090".into(),
            drain: Duration::from_secs(10),
        }
    }
}

impl LimitsConfig {
    /// The limits as the engine takes them.
    pub fn limits(&self) -> jsvm_core::Limits {
        jsvm_core::Limits {
            timeout: self.timeout,
            loops: self.loops,
            memory: self.memory,
            recursion: self.recursion,
            source_size: usize::try_from(self.source_size).unwrap_or(usize::MAX),
            nesting: self.nesting,
            json_nesting: self.json_nesting,
            string_length: self.string_length,
            array_length: self.array_length,
            buffer_size: self.buffer_size,
            regexp_steps: self.regexp_steps,
            pending_jobs: self.pending_jobs,
        }
    }
}

impl SandboxConfig {
    /// Whether scripts may make code of strings.
    pub(crate) fn allows_eval(&self) -> bool {
        match self.eval {
            Eval::Profile => self.profile == crate::Profile::PocketBase,
            Eval::Allowed => true,
            Eval::Refused => false,
        }
    }

    /// What scripts may reach; directories are taken from `root`.
    pub(crate) fn permissions(&self, root: &Path) -> jsvm_bindings::Permissions {
        let paths = |list: &[String]| {
            let absolute = list.iter().map(|path| {
                let path = root.join(path);
                path.to_string_lossy().trim_end_matches("/.").to_owned()
            });
            Allowed::of(absolute.collect::<Vec<_>>(), self.profile)
        };
        let mut permissions = jsvm_bindings::Permissions::of(self.profile);
        permissions.require = paths(&self.require);
        permissions.read = paths(&self.read);
        permissions.write = paths(&self.write);
        permissions.run = Allowed::of(self.run.clone(), self.profile);
        permissions.env = Allowed::of(self.env.clone(), self.profile);
        permissions.net = Allowed::of(self.net.clone(), self.profile);
        permissions
    }
}

impl Config {
    /// Reads the text of a configuration file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with line and column of what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|err| ConfigError(in_words(&err.to_string())))
    }

    /// The environment variables that [`load`](Self::load) asks for.
    ///
    /// ```
    /// let mut names = jsvm::Config::variables();
    /// assert!(names.any(|name| name == "JSVM_LIMITS_SOURCE_SIZE"));
    /// ```
    pub fn variables() -> impl Iterator<Item = String> {
        let keys = defaults().into_iter().flat_map(|(section, keys)| {
            let keys = keys.as_table().into_iter().flatten();
            let names = keys.map(|(key, _)| variable_name(&section, key));
            names.collect::<Vec<_>>()
        });
        keys.filter(|name| !NOT_IN_VARIABLES.contains(&name.as_str()))
    }

    /// Reads a configuration file; one that is not there is an empty one.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml), with the name of the file; also if it
    /// cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        Self::load(path, |_| None)
    }

    /// Reads a configuration file, then lets `JSVM_TABLE_KEY` variables, for
    /// example `JSVM_LIMITS_TIMEOUT=1s`, replace what it says.
    ///
    /// # Errors
    ///
    /// As [`from_file`](Self::from_file), also for a variable that does not
    /// parse.
    pub fn load(
        path: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(err) => return Err(ConfigError(format!("{}: {err}", path.display()))),
        };
        let in_file = |err: ConfigError| ConfigError(format!("{}: {err}", path.display()));
        // First alone, so that errors have the lines of the file.
        Self::from_toml(&text).map_err(in_file)?;
        let mut table: toml::Table =
            toml::from_str(&text).map_err(|err| ConfigError(err.to_string()))?;
        override_by(&mut table, variable)?;
        Self::from_toml(&table.to_string())
    }
}

/// What is a table of its own, and said in the file only.
const NOT_IN_VARIABLES: &[&str] = &["JSVM_POOL_TIMEOUTS"];

/// The reference file as values.
fn defaults() -> toml::Table {
    toml::from_str(DEFAULT_TOML).expect("a test reads the embedded file")
}

fn variable_name(section: &str, key: &str) -> String {
    format!("JSVM_{section}_{key}")
        .replace('-', "_")
        .to_uppercase()
}

/// A message for people who do not know the names of Rust's types.
fn in_words(message: &str) -> String {
    let words = [
        ("a nonzero usize", "a whole number, 1 or more"),
        ("expected usize", "expected a whole number, 0 or more"),
        ("expected u64", "expected a whole number, 0 or more"),
        (
            "expected a sequence",
            "expected a list, such as [\"a\", \"b\"]",
        ),
    ];
    let message = message.trim_end().to_owned();
    words.iter().fold(message, |message, (type_, words)| {
        message.replace(type_, words)
    })
}

/// Replaces values by those of environment variables.
fn override_by(
    table: &mut toml::Table,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for (section, keys) in &defaults() {
        for (key, default) in keys.as_table().into_iter().flatten() {
            let name = variable_name(section, key);
            let Some(text) = variable(&name) else {
                continue;
            };
            let value = like(default, &text).map_err(|cure| {
                ConfigError(format!("{name}: invalid value {text:?}; write {cure}"))
            })?;
            check_alone(section, key, &value)
                .map_err(|err| ConfigError(format!("{name}: {err}")))?;
            let own = table
                .entry(section.clone())
                .or_insert_with(|| toml::Table::new().into());
            if let Some(own) = own.as_table_mut() {
                own.insert(key.clone(), value);
            }
        }
    }
    Ok(())
}

/// Whether a value is one that its key takes, without lines of any file.
fn check_alone(section: &str, key: &str, value: &toml::Value) -> Result<(), String> {
    let keys = toml::Table::from_iter([(key.to_owned(), value.clone())]);
    let table = toml::Table::from_iter([(section.to_owned(), keys.into())]);
    let config: Result<Config, _> = table.try_into();
    config.map(drop).map_err(|err| in_words(err.message()))
}

/// The text as a value of the same type as `default`, or what to write.
fn like(default: &toml::Value, text: &str) -> Result<toml::Value, &'static str> {
    let (value, cure) = match default {
        toml::Value::Integer(_) => (
            text.parse().ok().map(toml::Value::Integer),
            "a whole number, such as 4",
        ),
        toml::Value::Boolean(_) => (text.parse().ok().map(toml::Value::Boolean), "true or false"),
        toml::Value::Array(_) => {
            let parts = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            return Ok(parts.map(toml::Value::from).collect::<Vec<_>>().into());
        }
        toml::Value::Float(_) => (
            text.parse().ok().map(toml::Value::Float),
            "a number, such as 0.5",
        ),
        _ => return Ok(text.into()),
    };
    value.ok_or(cure)
}

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// A duration with its unit: `200ms`, `5s`, `1m`, `2h`.
///
/// # Errors
///
/// What is wrong with the text, and how to write it.
pub fn parse_duration(text: &str) -> Result<Duration, ConfigError> {
    let wrong = || {
        ConfigError(format!(
            "invalid duration {text:?}; write for example \"200ms\", \"5s\" or \"1m\""
        ))
    };
    let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

/// A number of bytes with its unit: `512`, `64KiB`, `100MB`, `1GiB`.
///
/// # Errors
///
/// What is wrong with the text, and how to write it.
pub fn parse_bytes(text: &str) -> Result<u64, ConfigError> {
    let wrong = || {
        ConfigError(format!(
            "invalid size {text:?}; write for example \"64MiB\" or \"100MB\""
        ))
    };
    let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
    let factor: f64 = match unit {
        "" | "B" => 1.0,
        "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let size = number * factor;
    if !(0.0..9e15).contains(&size) {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked just above"
    )]
    let size = size as u64;
    Ok(size)
}

fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

/// Text that is parsed, or a bare 0.
struct Text<T>(fn(&str) -> Result<T, ConfigError>, &'static str);

impl<T: From<ZeroUnits>> de::Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        match number {
            0 => Ok(ZeroUnits.into()),
            other => Err(E::invalid_value(de::Unexpected::Signed(other), &self)),
        }
    }
}

/// The one number that needs no unit.
struct ZeroUnits;

impl From<ZeroUnits> for Duration {
    fn from(_: ZeroUnits) -> Self {
        Self::ZERO
    }
}

impl From<ZeroUnits> for u64 {
    fn from(_: ZeroUnits) -> Self {
        0
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_any(Text(
        parse_duration,
        "a duration with its unit, such as \"5s\"",
    ))
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Text(parse_bytes, "a size with its unit, such as \"64MiB\""))
}

fn nesting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    at_most(jsvm_core::Limits::MAX_NESTING, deserializer)
}

fn json_nesting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    at_most(jsvm_core::Limits::MAX_JSON_NESTING, deserializer)
}

/// More than `most` could overflow the stack, whatever one wishes.
fn at_most<'de, D: Deserializer<'de>>(most: usize, deserializer: D) -> Result<usize, D::Error> {
    let depth = usize::deserialize(deserializer)?;
    if depth > most {
        return Err(de::Error::custom(format!(
            "{depth} is too deep; write {most} or less"
        )));
    }
    Ok(depth)
}

fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let hosts = Vec::<String>::deserialize(deserializer)?;
    let is_wrong = |host: &&String| host.is_empty() || host.contains(['/', '@', ' ']);
    match hosts.iter().find(is_wrong) {
        Some(wrong) => Err(de::Error::custom(format!(
            "{wrong:?} is no host; write \"api.example.com\", \"localhost:8080\" or \
             \"*.example.com\", without a scheme or a path"
        ))),
        None => Ok(hosts),
    }
}

fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<crate::Profile, D::Error> {
    let name = String::deserialize(deserializer)?;
    crate::Profile::named(&name)
        .ok_or_else(|| de::Error::unknown_variant(&name, &["strict", "pocketbase"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_toml_states_the_defaults() {
        assert_eq!(Config::from_toml(DEFAULT_TOML).unwrap(), Config::default());
        assert_eq!(Config::from_toml("").unwrap(), Config::default());
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, wanted) in [
            ("[limits]\ntimout = \"1s\"", "unknown field `timout`"),
            ("[limits]\ntimeout = 5", "a duration with its unit"),
            ("[limits]\ntimeout = \"5 parsecs\"", "write for example"),
            (
                "[sandbox]\nprofile = \"open\"",
                "expected `strict` or `pocketbase`",
            ),
            ("[cache]\nmax-bytes = \"-1MB\"", "invalid size"),
            ("[limits]\nnesting = 401", "write 400 or less"),
            ("[limits]\njson-nesting = 6000", "write 5000 or less"),
            ("[metrics]\nlog-sample = 2.0", "a number from 0.0 to 1.0"),
            (
                "[metrics]\nnaming = \"dots\"",
                "expected `fixed` or `semconv`",
            ),
            ("[metrics]\nlog-level = \"loud\"", "unknown variant"),
            ("[pool]\nwhen-full = \"panic\"", "expected one of `refuse`"),
            ("[pool]\nmax-abandoned = 0", "a whole number, 1 or more"),
            ("[pool]\nworkers = -1", "a whole number, 0 or more"),
            ("[sandbox]\nread = \"files\"", "a list, such as"),
            (
                "[sandbox]\nnet = [\"http://example.com\"]",
                "without a scheme",
            ),
            (
                "\n[settings.meta]\nappNme = \"Shop\"",
                "there is no settings.meta.appNme",
            ),
            (
                "\n[settings]\ntrustedProxy = { headers = \"X-IP\" }",
                "settings.trustedProxy.headers is of another kind, write it like []",
            ),
            (
                "[pool.timeouts]\nonRecordCrate = \"1s\"",
                "there is no hook",
            ),
            (
                "[pool.timeouts]\nonBootstrap = 1",
                "a duration with its unit",
            ),
        ] {
            let err = Config::from_toml(text).unwrap_err().to_string();
            assert!(err.contains("line 2") && err.contains(wanted), "{err}");
        }
    }

    #[test]
    fn variables_replace_what_the_file_says() {
        let path = Path::new("there-is-no-such-file.toml");
        let config = Config::load(path, |name| match name {
            "JSVM_LIMITS_TIMEOUT" => Some("2s".into()),
            "JSVM_POOL_WORKERS" => Some("3".into()),
            "JSVM_METRICS_LOG" => Some("false".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(config.limits.timeout, Duration::from_secs(2));
        assert_eq!((config.pool.workers, config.metrics.log), (3, false));
        let wrong = |name: &str| (name == "JSVM_POOL_WORKERS").then(|| "many".to_owned());
        let err = Config::load(path, wrong).unwrap_err().to_string();
        assert_eq!(
            err,
            "JSVM_POOL_WORKERS: invalid value \"many\"; write a whole number, such as 4"
        );
        let wrong = |name: &str| (name == "JSVM_LIMITS_TIMEOUT").then(|| "soon".to_owned());
        let err = Config::load(path, wrong).unwrap_err().to_string();
        assert!(
            err.starts_with("JSVM_LIMITS_TIMEOUT: invalid duration \"soon\""),
            "{err}"
        );
    }

    #[test]
    fn units_are_read() {
        assert_eq!(parse_duration("1.5s").unwrap(), Duration::from_millis(1500));
        assert_eq!(parse_bytes("64MiB").unwrap(), 64 * 1024 * 1024);
        assert_eq!(parse_bytes("100 MB").unwrap(), 100_000_000);
        for text in ["", "s", "5", "-5s", "5x", "1e300s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
