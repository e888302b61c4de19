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

type Table = BTreeMap<String, Map<String, Value>>;

/// Records in memory, or a copy of them that a transaction works on.
struct Memory {
    collections: Vec<Arc<Collection>>,
    /// Rows by id, for each collection by its name.
    tables: Arc<Mutex<BTreeMap<String, Table>>>,
    writer: Arc<Writer>,
    /// What a transaction replaces when it is committed.
    original: Option<Arc<Mutex<BTreeMap<String, Table>>>>,
    /// What keeps others from writing while a transaction is open.
    turn: Mutex<Option<Turn>>,
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
            original: None,
            turn: Mutex::default(),
        })
    }

    fn write(
        &self,
        record: &Record,
        change: impl FnOnce(&mut Table) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.original.is_some() && lock(&self.turn).is_none() {
            return Err(Error::host("the transaction is over"));
        }
        let _turn = Turn::wait(&self.writer)?;
        let mut tables = lock(&self.tables);
        change(tables.entry(record.collection().name.clone()).or_default())
    }
}

impl Rows for Memory {
    fn collections(&self) -> Vec<Arc<Collection>> {
        self.collections.clone()
    }

    fn validate(&self, record: &Record) -> Result<(), Error> {
        let mut fields = record.collection().fields.iter();
        let blank = fields
            .find(|field| field.required && cast::to_text(record.get(&field.name)).is_empty());
        match blank {
            Some(field) => Err(Error::field(
                &field.name,
                "validation_required",
                "cannot be blank",
            )),
            None => Ok(()),
        }
    }

    fn insert(&self, record: &Record) -> Result<(), Error> {
        self.write(record, |table| {
            if table.contains_key(record.id()) {
                return Err(Error::field("id", "validation_not_unique", "is taken"));
            }
            table.insert(record.id().to_owned(), values(record));
            Ok(())
        })
    }

    fn update(&self, record: &Record) -> Result<(), Error> {
        self.write(record, |table| {
            table.remove(record.last_saved_id());
            table.insert(record.id().to_owned(), values(record));
            Ok(())
        })
    }

    fn delete(&self, record: &Record) -> Result<(), Error> {
        self.write(record, |table| {
            table.remove(record.last_saved_id());
            Ok(())
        })
    }

    fn find(&self, collection: &Arc<Collection>, query: &Query) -> Result<Vec<Record>, Error> {
        let wanted = wanted(query)?;
        let tables = lock(&self.tables);
        let rows = tables.get(&collection.name).into_iter().flatten();
        let rows = rows
            .filter(|(_, row)| {
                wanted
                    .iter()
                    .all(|(field, value)| row.get(*field) == Some(value))
            })
            .map(|(_, row)| Record::stored(Arc::clone(collection), row));
        let limit = if query.limit == 0 {
            u64::MAX
        } else {
            query.limit
        };
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(rows.skip(count(query.offset)).take(count(limit)).collect())
    }

    fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error> {
        let all = Query {
            limit: 0,
            offset: 0,
            ..query.clone()
        };
        Ok(self.find(collection, &all)?.len() as u64)
    }
}

/// The field and the value that a query asks for, if it asks for one.
///
/// `field = {:name}` is all that this store understands; it says so rather
/// than answer something else.
fn wanted(query: &Query) -> Result<Option<(&str, Value)>, Error> {
    if !query.sort.is_empty() {
        return Err(Error::host("this store does not sort"));
    }
    if query.filter.is_empty() {
        return Ok(None);
    }
    let placeholder = |text: &str| {
        let name = text.strip_prefix("{:")?.strip_suffix('}')?;
        query.params.get(name).cloned()
    };
    let found = match query.filter.split_once(" = ") {
        Some((field, "''")) => Some((field, "".into())),
        Some((field, text)) => placeholder(text).map(|value| (field, value)),
        None => None,
    };
    found.map(Some).ok_or_else(|| {
        Error::host(format!(
            "{:?} is not of the form `field = {{:name}}`",
            query.filter
        ))
    })
}

fn values(record: &Record) -> Map<String, Value> {
    record.fields_data()
}

impl Storage for Memory {
    fn begin(&self) -> Result<Arc<dyn Transaction>, Error> {
        let turn = Turn::wait(&self.writer)?;
        let copy = lock(&self.tables).clone();
        Ok(Arc::new(Self {
            collections: self.collections.clone(),
            tables: Arc::new(Mutex::new(copy)),
            writer: Arc::default(),
            original: Some(Arc::clone(&self.tables)),
            turn: Mutex::new(Some(turn)),
        }))
    }
}

impl Transaction for Memory {
    fn commit(&self) -> Result<(), Error> {
        if let Some(original) = &self.original {
            *lock(original) = lock(&self.tables).clone();
        }
        self.rollback();
        Ok(())
    }

    fn rollback(&self) {
        // A script may still hold the transaction; others must not wait for it.
        lock(&self.turn).take();
    }
}

/// Lets one writer in at a time.
#[derive(Default)]
struct Writer {
    is_busy: Mutex<bool>,
    freed: Condvar,
}

/// The right to write, until it is dropped.
struct Turn(Arc<Writer>);

impl Turn {
    fn wait(writer: &Arc<Writer>) -> Result<Self, Error> {
        let longest = Duration::from_secs(5);
        let (mut is_busy, wait) = writer
            .freed
            .wait_timeout_while(lock(&writer.is_busy), longest, |is_busy| *is_busy)
            .unwrap_or_else(PoisonError::into_inner);
        if wait.timed_out() {
            return Err(Error::host("another transaction is open"));
        }
        *is_busy = true;
        Ok(Self(Arc::clone(writer)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock(&self.0.is_busy) = false;
        self.0.freed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
