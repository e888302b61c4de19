//! From a dotted name to the tables and the column that it means.
//!
//! The one rule: every name on the way is a name of the schema, or an error.
//! Makes SQL of single steps; how they are joined is the compiler's.

use crate::store::{
    filter::{Author, Clauses, Context},
    schema::quoted,
};
use jsvm::{Collection, CollectionKind, Field, FieldKind};
use std::sync::Arc;

/// How many relations one name may go through; PocketBase: `maxNestedRels`.
const MAX_RELATIONS: usize = 6;

/// One step from a row to other rows or to the items of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// To every row of a table; each alias of `@collection` is another step.
    All { table: String, alias: String },
    /// To the row with a bound id.
    Id { table: String, param: String },
    /// To the rows with the ids of a bound list.
    Ids { table: String, param: String },
    /// To the row that a field names.
    Relation { table: String, field: String },
    /// To the rows that a list field names.
    Relations { table: String, field: String },
    /// To the rows whose field names this row.
    Back { table: String, field: String },
    /// To the rows whose list field names this row.
    Backs { table: String, field: String },
    /// To the items of a list field.
    Items { field: String },
    /// To the items of a bound list.
    BoundItems { param: String },
}

impl Step {
    /// The joins that lead from the alias `from` to the alias `to`.
    pub(super) fn join(&self, from: &str, to: &str) -> String {
        match self {
            Self::All { table, .. } => format!(" LEFT JOIN {table} AS {to}"),
            Self::Id { table, param } => {
                format!(" LEFT JOIN {table} AS {to} ON {to}.\"id\" = {param}")
            }
            Self::Ids { table, param } => format!(
                " LEFT JOIN {table} AS {to} \
                 ON {to}.\"id\" IN (SELECT value FROM json_each({param}))"
            ),
            Self::Relation { table, field } => {
                format!(" LEFT JOIN {table} AS {to} ON {to}.\"id\" = {from}.{field}")
            }
            Self::Relations { table, field } => {
                let items = items_of(&format!("{from}.{field}"));
                format!(
                    " LEFT JOIN {items} AS {to}_items \
                     LEFT JOIN {table} AS {to} ON {to}.\"id\" = {to}_items.value"
                )
            }
            Self::Back { table, field } => {
                format!(" LEFT JOIN {table} AS {to} ON {to}.{field} = {from}.\"id\"")
            }
            Self::Backs { table, field } => {
                let items = items_of(&format!("{to}.{field}"));
                format!(
                    " LEFT JOIN {table} AS {to} \
                     ON {from}.\"id\" IN (SELECT value FROM {items})"
                )
            }
            Self::Items { field } => {
                let items = items_of(&format!("{from}.{field}"));
                format!(" LEFT JOIN {items} AS {to}")
            }
            Self::BoundItems { param } => format!(" LEFT JOIN json_each({param}) AS {to}"),
        }
    }
}

/// The items of a column; anything but a list is its own only item.
fn items_of(column: &str) -> String {
    format!(
        "json_each(CASE WHEN iif(json_valid({column}), json_type({column}) = 'array', FALSE) \
         THEN {column} ELSE json_array({column}) END)"
    )
}

/// What is read at the end of the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leaf {
    /// A column.
    Column(String),
    /// A part of a JSON column, by two bound paths: as it is, and wrapped.
    Json(String, [String; 2]),
    /// How many items a list column has.
    Length(String),
    /// The item that the last step went to.
    Item,
    /// Another leaf in lower case.
    Lower(Box<Self>),
}

impl Leaf {
    /// The expression for the row with that alias.
    pub(super) fn sql(&self, alias: &str) -> String {
        match self {
            Self::Column(name) => format!("{alias}.{name}"),
            // A column of a view may hold what is no JSON; wrapping it keeps
            // json_extract from failing.
            Self::Json(name, [path, wrapped]) => format!(
                "(CASE WHEN json_valid({alias}.{name}) THEN json_extract({alias}.{name}, {path}) \
                 ELSE json_extract(json_object('pb', {alias}.{name}), {wrapped}) END)"
            ),
            Self::Length(name) => {
                let column = format!("{alias}.{name}");
                format!(
                    "json_array_length(CASE WHEN iif(json_valid({column}), \
                     json_type({column}) = 'array', FALSE) THEN {column} \
                     WHEN {column} = '' OR {column} IS NULL THEN json_array() \
                     ELSE json_array({column}) END)"
                )
            }
            Self::Item => format!("{alias}.value"),
            Self::Lower(inner) => format!("LOWER({})", inner.sql(alias)),
        }
    }
}

/// A way through the schema.
#[derive(Debug)]
pub(super) struct Route {
    /// From the row that is asked.
    pub(super) steps: Vec<Step>,
    /// What is read there.
    pub(super) leaf: Leaf,
    /// Whether it may lead to several values.
    pub(super) is_many: bool,
    /// Whether null and empty differ, as they do in JSON.
    pub(super) keeps_nulls: bool,
    /// Whether it reads an e-mail, which its owner must have made public.
    pub(super) is_guarded: bool,
}

/// Where a walk is.
pub(super) struct Walk<'a, 'b> {
    context: Context<'a>,
    collection: &'a Collection,
    steps: Vec<Step>,
    is_many: bool,
    may_see_hidden: bool,
    clauses: &'b mut Clauses,
}

/// What one name of a walk turned out to be.
type Found<T> = Result<T, String>;

impl<'a, 'b> Walk<'a, 'b> {
    /// Starts at the row that is asked.
    pub(super) fn new(context: Context<'a>, author: Author, clauses: &'b mut Clauses) -> Self {
        Self {
            context,
            collection: context.collection,
            steps: Vec::new(),
            is_many: false,
            may_see_hidden: author == Author::Application,
            clauses,
        }
    }

    /// Goes to rows of another collection first.
    pub(super) fn via(mut self, step: Step, collection: &'a Collection, is_many: bool) -> Self {
        self.steps.push(step);
        self.collection = collection;
        self.is_many |= is_many;
        self.may_see_hidden = true;
        self
    }

    /// Follows the names to the value.
    ///
    /// # Errors
    ///
    /// A text that says which name leads nowhere.
    pub(super) fn follow(mut self, names: &[&str]) -> Found<Route> {
        let Some((last, way)) = names.split_last() else {
            return Err("there is no field name".into());
        };
        for (at, name) in way.iter().enumerate() {
            let Some(field) = self.collection.field(name) else {
                self.follow_back(at, name)?;
                continue;
            };
            self.check_visible(field)?;
            if matches!(field.kind, FieldKind::Json | FieldKind::GeoPoint) {
                let leaf = self.json(field, &names[at + 1..]);
                return Ok(self.arrive(leaf, true, false));
            }
            check_depth(at, name)?;
            if field.kind != FieldKind::Relation {
                return Err(format!("field {name:?} is not a valid relation"));
            }
            if !field.is_multiple() && at + 1 == way.len() && *last == "id" {
                let leaf = Leaf::Column(quoted(&field.name));
                return Ok(self.arrive(leaf, false, false));
            }
            self.follow_relation(field)?;
        }
        self.end_at(last)
    }

    fn follow_relation(&mut self, field: &Field) -> Found<()> {
        let target = find(self.context.collections, field.text_option("collectionId"))
            .ok_or_else(|| format!("failed to load field {:?} collection", field.name))?;
        let (table, name) = (quoted(&target.name), quoted(&field.name));
        self.steps.push(if field.is_multiple() {
            self.is_many = true;
            Step::Relations { table, field: name }
        } else {
            Step::Relation { table, field: name }
        });
        self.collection = target;
        Ok(())
    }

    /// Follows `comments_via_post`: from a post to the comments on it.
    fn follow_back(&mut self, at: usize, name: &str) -> Found<()> {
        check_depth(at, name)?;
        let (other, field) = name
            .rsplit_once("_via_")
            .ok_or_else(|| format!("failed to resolve field {name:?}"))?;
        let other = find(self.context.collections, other)
            .ok_or_else(|| format!("failed to load back relation field {name:?} collection"))?;
        let field = other
            .field(field)
            .ok_or_else(|| format!("missing back relation field {field:?}"))?;
        let target = field.text_option("collectionId");
        if field.kind != FieldKind::Relation || !self.collection.is_called(target) {
            return Err(format!("invalid back relation field {:?}", field.name));
        }
        self.check_visible(field)?;
        let (table, name) = (quoted(&other.name), quoted(&field.name));
        if field.is_multiple() {
            self.steps.push(Step::Backs { table, field: name });
        } else {
            self.steps.push(Step::Back { table, field: name });
        }
        self.is_many |= field.is_multiple() || !other.has_unique_index(&field.name);
        self.collection = other;
        Ok(())
    }

    fn end_at(mut self, name: &str) -> Found<Route> {
        let (name, modifier) = split_modifier(name)?;
        let field = self
            .collection
            .field(name)
            .ok_or_else(|| format!("unknown field {name:?}"))?;
        self.check_visible(field)?;
        let column = quoted(&field.name);
        match modifier {
            "length" if is_list(field) => {
                return Ok(self.arrive(Leaf::Length(column), false, false));
            }
            "each" if is_list(field) => {
                self.is_many |= field.is_multiple();
                self.steps.push(Step::Items { field: column });
                return Ok(self.arrive(Leaf::Item, false, false));
            }
            _ => {}
        }
        let is_json = field.kind == FieldKind::Json;
        let leaf = match is_json {
            true => self.json(field, &[]),
            false => Leaf::Column(column),
        };
        let leaf = match modifier {
            "lower" => Leaf::Lower(Box::new(leaf)),
            _ => leaf,
        };
        let is_guarded = !self.may_see_hidden
            && field.name == "email"
            && self.collection.kind == CollectionKind::Auth;
        Ok(self.arrive(leaf, is_json, is_guarded))
    }

    fn json(&mut self, field: &Field, names: &[&str]) -> Leaf {
        let mut rest = String::new();
        for name in names {
            match name.parse::<u32>() {
                Ok(index) => rest.push_str(&format!("[{index}]")),
                // The lexer lets no quote into a name.
                Err(_) => rest.push_str(&format!(".\"{name}\"")),
            }
        }
        let paths = [format!("${rest}"), format!("$.pb{rest}")].map(|path| self.clauses.bind(path));
        Leaf::Json(quoted(&field.name), paths)
    }

    fn arrive(self, leaf: Leaf, keeps_nulls: bool, is_guarded: bool) -> Route {
        Route {
            steps: self.steps,
            leaf,
            is_many: self.is_many,
            keeps_nulls,
            is_guarded,
        }
    }

    fn check_visible(&self, field: &Field) -> Found<()> {
        match field.hidden && !self.may_see_hidden {
            true => Err(format!("non-filterable field {:?}", field.name)),
            false => Ok(()),
        }
    }
}

/// The collection of that name or id.
pub(super) fn find<'a>(collections: &'a [Arc<Collection>], tag: &str) -> Option<&'a Collection> {
    collections
        .iter()
        .find(|collection| collection.is_called(tag))
        .map(Arc::as_ref)
}

/// The name and the modifier of `name:modifier`, which is empty without one.
pub(super) fn split_modifier(name: &str) -> Found<(&str, &str)> {
    let Some((field, modifier)) = name.split_once(':') else {
        return Ok((name, ""));
    };
    match modifier {
        "isset" | "each" | "length" | "lower" | "changed" => Ok((field, modifier)),
        _ => Err(format!("unknown modifier in {name:?}")),
    }
}

/// Whether a field may hold a list, if its schema says so.
pub(super) fn is_list(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldKind::Select | FieldKind::Relation | FieldKind::File
    )
}

fn check_depth(at: usize, name: &str) -> Found<()> {
    match at < MAX_RELATIONS {
        true => Ok(()),
        false => Err(format!("max nested relations reached for field {name:?}")),
    }
}
