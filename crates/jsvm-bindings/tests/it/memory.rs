//! A store of records in memory, with transactions.
//!
//! It knows one kind of filter, `field = {:value}`, which is what the
//! lifecycle itself asks for.

use jsvm_bindings::{Collection, Error, Query, Record, Rows, Storage, Transaction, cast};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

type Tables = BTreeMap<String, Vec<Map<String, Value>>>;

pub(crate) struct Memory {
    collections: Vec<Arc<Collection>>,
    tables: Arc<Mutex<Tables>>,
}

impl Memory {
    pub(crate) fn new(schema: &Value) -> Self {
        let collections = schema.as_array().unwrap().iter();
        let collections = collections
            .map(|one| Arc::new(Collection::from_json(one).unwrap()))
            .collect();
        Self {
            collections,
            tables: Arc::default(),
        }
    }

    fn values(record: &Record) -> Map<String, Value> {
        record.fields_data()
    }
}

impl Rows for Memory {
    fn collections(&self) -> Vec<Arc<Collection>> {
        self.collections.clone()
    }

    fn validate(&self, record: &Record) -> Result<(), Error> {
        let empty = record
            .collection()
            .fields
            .iter()
            .find(|field| field.required && cast::to_text(record.get(&field.name)).is_empty());
        match empty {
            Some(field) => Err(Error::field(
                &field.name,
                "validation_required",
                "cannot be blank",
            )),
            None => Ok(()),
        }
    }

    fn insert(&self, record: &Record) -> Result<(), Error> {
        let mut tables = self.tables.lock().unwrap();
        let table = tables.entry(record.collection().name.clone()).or_default();
        table.push(Self::values(record));
        Ok(())
    }

    fn update(&self, record: &Record) -> Result<(), Error> {
        self.delete(record)?;
        self.insert(record)
    }

    fn delete(&self, record: &Record) -> Result<(), Error> {
        let mut tables = self.tables.lock().unwrap();
        let table = tables.entry(record.collection().name.clone()).or_default();
        table.retain(|row| row["id"] != record.last_saved_id());
        Ok(())
    }

    fn find(&self, collection: &Arc<Collection>, query: &Query) -> Result<Vec<Record>, Error> {
        let field = query.filter.split(' ').next().unwrap_or_default();
        let wanted = query.params.get("value");
        let tables = self.tables.lock().unwrap();
        let rows = tables.get(&collection.name).map_or(&[][..], Vec::as_slice);
        let limit = if query.limit == 0 {
            u64::MAX
        } else {
            query.limit
        };
        Ok(rows
            .iter()
            .filter(|row| wanted.is_none_or(|wanted| row.get(field) == Some(wanted)))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(|row| Record::stored(Arc::clone(collection), row))
            .collect())
    }

    fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error> {
        Ok(self.find(collection, query)?.len() as u64)
    }
}

impl Storage for Memory {
    fn begin(&self) -> Result<Arc<dyn Transaction>, Error> {
        let copy = self.tables.lock().unwrap().clone();
        Ok(Arc::new(Copy {
            inside: Self {
                collections: self.collections.clone(),
                tables: Arc::new(Mutex::new(copy)),
            },
            outside: Arc::clone(&self.tables),
        }))
    }
}

/// A copy of the tables, swapped in at the end.
struct Copy {
    inside: Memory,
    outside: Arc<Mutex<Tables>>,
}

impl Rows for Copy {
    fn collections(&self) -> Vec<Arc<Collection>> {
        self.inside.collections()
    }

    fn validate(&self, record: &Record) -> Result<(), Error> {
        self.inside.validate(record)
    }

    fn insert(&self, record: &Record) -> Result<(), Error> {
        self.inside.insert(record)
    }

    fn update(&self, record: &Record) -> Result<(), Error> {
        self.inside.update(record)
    }

    fn delete(&self, record: &Record) -> Result<(), Error> {
        self.inside.delete(record)
    }

    fn find(&self, collection: &Arc<Collection>, query: &Query) -> Result<Vec<Record>, Error> {
        self.inside.find(collection, query)
    }

    fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error> {
        self.inside.count(collection, query)
    }
}

impl Transaction for Copy {
    fn commit(&self) -> Result<(), Error> {
        *self.outside.lock().unwrap() = self.inside.tables.lock().unwrap().clone();
        Ok(())
    }

    fn rollback(&self) {}
}
