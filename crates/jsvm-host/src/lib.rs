//! A reference host for jsvm: SQLite records, HTTP, cron, mail.

mod api;
mod clock;
mod console;
mod http_client;
mod mail;
mod modules;
mod project;
pub mod server;
mod store;
mod superuser;
mod system;
pub mod table;
mod users;
mod watch;

pub use clock::Clock;
pub use console::Console;
pub use http_client::HttpClient;
pub use mail::Post;
pub use modules::ProjectModules;
pub use project::Project;
pub use server::Server;
pub use store::{Options, Sqlite, read_schema};
pub use superuser::Superuser;
pub use system::Machine;
pub use table::MetricsTable;
pub use watch::Watch;
