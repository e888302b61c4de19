//! An application with records of its own, and hooks around every write.
//!
//! It shows the three things that an embedder does: keep records (`Memory`
//! implements the host traits), say where scripts print to (`Terminal`), and
//! start a runtime. It knows nothing of HTTP and of files.
//!
//! `cargo run -p jsvm --example embed`

use jsvm::{
    App, Collection, Config, Error, Level, Output, Query, Record, RecordRef, Rows, Runtime, Source,
    Storage, Transaction, Validation, cast,
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Counts what each thread holds; without it there is no memory limit.
#[global_allocator]
static ALLOCATOR: jsvm::alloc::CountingAlloc = jsvm::alloc::CountingAlloc::system();

/// What an application would read from its hooks directory.
const HOOKS: &str = r#"
    onRecordCreate((e) => {
        const title = e.record.getString("title")
        if (title.includes("forever")) for (;;) {}
        e.record.set("title", title.trim())
        e.next()
        console.log("stored", e.record.get("title"))
    }, "books")

    onRecordAfterCreateSuccess((e) => {
        e.next()
        const loans = $app.findCollectionByNameOrId("loans")
        $app.save(new Record(loans, { book: e.record.id, due: "tomorrow" }))
    }, "books")
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = App::new(Arc::new(Memory::new()?), Arc::new(Terminal));
    let config = Config::from_toml("[pool]\nworkers = 2\n[limits]\ntimeout = \"200ms\"")?;
    let runtime = Runtime::builder(app).config(config).build()?;
    for failure in runtime.load(&[Source::new("main.pb.js", HOOKS)])? {
        eprintln!("{}: {}", failure.file, failure.error.report());
    }

    let app = runtime.app();
    add_book(app, "  Persuasion ")?;
    for title in ["", "The book that goes on forever"] {
        match add_book(app, title) {
            Ok(_) => println!("added {title:?}"),
            Err(Error::Script(err)) => println!("refused {title:?}: {}", err.report()),
            Err(err) => println!("refused {title:?}: {err}"),
        }
    }

    for name in ["books", "loans"] {
        let collection = app.collection(name)?;
        let count = app.count(&collection, &Query::default())?;
        println!("{name}: {count}");
    }
    let stats = runtime.stats().metrics;
    println!(
        "{} executions, {} of them ended by a limit",
        stats.executions, stats.limits
    );
    runtime.shutdown(Duration::from_secs(1));
    Ok(())
}

/// Saves a book; its hooks run on a worker meanwhile.
fn add_book(app: &App, title: &str) -> Result<RecordRef, Error> {
    let book = app.new_record(&app.collection("books")?);
    book.lock().set("title", &title.into());
    app.save(&book, Validation::Run)?;
    Ok(book)
}

/// Prints what scripts print.
struct Terminal;

impl Output for Terminal {
    fn print(&self, _: Level, line: &str) {
        println!("script: {line}");
    }

    fn log(&self, level: Level, message: &str, _: &Map<String, Value>) {
        eprintln!("{level:?}: {message}");
    }
}

/// Rows by id, for each collection by its name.
type Tables = BTreeMap<String, BTreeMap<String, Map<String, Value>>>;

/// Records in memory.
struct Memory {
    collections: Vec<Arc<Collection>>,
    tables: Arc<Mutex<Tables>>,
    writer: Arc<Gate>,
}

impl Memory {
    fn new() -> Result<Self, Error> {
        let id = json!({ "name": "id", "type": "text" });
        let schema = [
            json!({ "name": "books", "fields": [
                id, { "name": "title", "type": "text", "required": true }
            ]}),
            json!({ "name": "loans", "fields": [
                id, { "name": "book", "type": "text" }, { "name": "due", "type": "text" }
            ]}),
        ];
        let collections = schema
            .iter()
            .map(|collection| Collection::from_json(collection).map(Arc::new));
        Ok(Self {
            collections: collections.collect::<Result<_, _>>()?,
            tables: Arc::default(),
            writer: Arc::default(),
        })
    }

    /// Changes one table, alone.
    fn change(
        &self,
        record: &Record,
        change: impl FnOnce(&mut BTreeMap<String, Map<String, Value>>),
    ) {
        let mut tables = lock(&self.tables);
        change(tables.entry(record.collection().name.clone()).or_default());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
