//! The table as a sink sees it, and the writer in trouble.

use super::*;
use jsvm::metrics::{Memory, Times};
use rusqlite::Connection;

const SOON: Duration = Duration::from_secs(60);

fn record(table: &MetricsTable, micros: u64, outcome: Outcome<'_>) {
    let hook: Arc<str> = "onRecordCreate".into();
    table.execution(&Execution {
        hook: &hook,
        collection: Some("posts"),
        duration: Duration::from_micros(micros),
        outcome,
        memory: Some(Memory {
            allocated: 64,
            peak: 32,
        }),
        cache_hit: true,
        script: None,
        place: None,
        timeout: Duration::from_secs(5),
        times: Some(Times::default()),
    });
}

fn kept(keep: Keep) -> Vec<f64> {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        keep,
        ..Options::default()
    };
    let table = MetricsTable::start(dir.path(), &options).unwrap();
    for micros in 1..=6 {
        record(&table, micros * 1000, Outcome::Ok);
    }
    record(&table, 1500, Outcome::Error("boom"));
    assert!(table.flush(SOON));
    assert_eq!(table.lost(), 0);
    let connection = Connection::open(dir.path().join(FILE)).unwrap();
    let mut select = connection
        .prepare("SELECT duration_ms FROM _metrics ORDER BY id")
        .unwrap();
    let times = select.query_map([], |row| row.get(0)).unwrap();
    times.map(Result::unwrap).collect()
}

#[test]
fn all_or_a_sample_or_the_slow_and_failed_are_stored() {
    assert_eq!(kept(Keep::All), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.5]);
    assert_eq!(kept(Keep::Sample(0.5)), [2.0, 4.0, 6.0]);
    let slow = Keep::Slow(Duration::from_millis(5));
    assert_eq!(kept(slow), [5.0, 6.0, 1.5]);
}

#[test]
fn a_row_has_what_the_execution_had() {
    let dir = tempfile::tempdir().unwrap();
    let table = MetricsTable::start(dir.path(), &Options::default()).unwrap();
    record(&table, 1500, Outcome::Limit { kind: "timeout" });
    assert!(table.flush(SOON));
    let connection = Connection::open(dir.path().join(FILE)).unwrap();
    let row = connection.query_row("SELECT * FROM _metrics", [], |row| {
        let at: String = row.get("timestamp")?;
        assert!(at.ends_with('Z') && at.len() == 24, "{at}");
        let names: (String, String) = (row.get("hook_name")?, row.get("collection")?);
        assert_eq!(names, ("onRecordCreate".into(), "posts".into()));
        let numbers: (f64, i64, bool) = (
            row.get("duration_ms")?,
            row.get("mem_alloc_bytes")?,
            row.get("cache_hit")?,
        );
        assert_eq!(numbers, (1.5, 64, true));
        row.get::<_, String>("error")
    });
    assert_eq!(row.unwrap(), "timeout");
}

#[test]
fn a_file_that_cannot_be_opened_loses_rows_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    std::fs::create_dir(&path).unwrap();
    let table = MetricsTable::start(dir.path(), &Options::default()).unwrap();
    let metrics = Arc::new(Metrics::default());
    table.count_losses_in(&metrics);
    record(&table, 1, Outcome::Ok);
    assert!(table.flush(SOON));
    assert_eq!(table.lost(), 1);
    let counts: Vec<_> = metrics.snapshot().counts.into_values().collect();
    assert_eq!(counts, [1]);
    // It is tried again with the next rows.
    std::fs::remove_dir(&path).unwrap();
    record(&table, 1, Outcome::Ok);
    assert!(table.flush(SOON));
    assert_eq!(table.lost(), 1);
}

fn rows(count: usize) -> Vec<Row> {
    let row = Row {
        at: jiff::Timestamp::now(),
        hook: "onRecordCreate".into(),
        collection: None,
        duration_ms: 1.0,
        mem_alloc_bytes: None,
        cache_hit: false,
        error: Some("x".repeat(1000)),
    };
    vec![row; count]
}

fn count(writer: &Writer) -> i64 {
    let connection = writer.connection().unwrap();
    let count = connection.query_row("SELECT count(*) FROM _metrics", [], |row| row.get(0));
    count.unwrap()
}

#[test]
fn a_full_disk_loses_the_batch_and_keeps_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(dir.path().join(FILE), SOON, 1000);
    assert_eq!(writer.store(&rows(10)), 0);
    // What SQLite says then is what it says for a disk that is full.
    let connection = writer.connection().unwrap();
    connection
        .pragma_update(None, "max_page_count", 20)
        .unwrap();
    assert_eq!(writer.store(&rows(100)), 100);
    assert_eq!(writer.store(&rows(1)), 0);
    assert_eq!(count(&writer), 11);
}

#[test]
fn old_rows_and_too_many_rows_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let mut old = rows(3);
    for row in &mut old {
        row.at -= Duration::from_secs(3600);
    }
    // Each writer cleans at its first batch.
    assert_eq!(Writer::new(path.clone(), SOON * 120, 1000).store(&old), 0);
    let mut writer = Writer::new(path.clone(), SOON, 1000);
    assert_eq!(writer.store(&rows(7)), 0);
    assert_eq!(count(&writer), 7);
    let mut writer = Writer::new(path, SOON, 4);
    assert_eq!(writer.store(&rows(1)), 0);
    assert_eq!(count(&writer), 4);
}
