//! The compiler of filters and sorts.
//!
//! The one rule: two names that go the same way share their joins, so that
//! their conditions are about the same row. Knows nothing of records.

use crate::store::{
    filter::{
        Author, BASE, Clauses, Context, Source,
        compare::{self, Many, Nulls, Operand as Value, Side},
        invalid,
        lexer::{Sign, Test},
        macros,
        parser::{self, Expr, Operand},
        path::{self, Leaf, Route, Step, Walk},
        request,
    },
    functions::GEO_DISTANCE,
    schema::quoted,
};
use jiff::Timestamp;
use jsvm::{ApiError, Collection, Error, Field, FieldKind, cast};
use rusqlite::types::Value as Sql;
use serde_json::Value as Json;
use std::collections::HashMap;

/// Collects the clauses of one query.
pub(super) struct Compiler<'a> {
    context: Context<'a>,
    now: Timestamp,
    clauses: Clauses,
    aliases: HashMap<String, String>,
    last_alias: usize,
}

/// A side, or why there is none.
type Resolved = Result<Side, Refusal>;

/// Why a name has no meaning.
enum Refusal {
    /// It leads nowhere.
    Unknown(String),
    /// It is not for this author.
    Forbidden(Error),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Unknown(reason)
    }
}

impl<'a> Compiler<'a> {
    /// A compiler without any clause.
    pub(super) fn new(context: Context<'a>) -> Self {
        Self {
            context,
            now: Timestamp::now(),
            clauses: Clauses::default(),
            aliases: HashMap::new(),
            last_alias: 0,
        }
    }

    /// The clauses that were collected.
    pub(super) fn finish(self) -> Clauses {
        self.clauses
    }

    /// Adds a filter, which must hold besides those before it.
    pub(super) fn filter(&mut self, source: &Source<'_>) -> Result<(), Error> {
        let expr = parser::parse(source)?;
        let sql = self.expr(&expr, source.author)?;
        let condition = &mut self.clauses.condition;
        if !condition.is_empty() {
            condition.push_str(" AND ");
        }
        condition.push_str(&format!("({sql})"));
        Ok(())
    }

    /// Sets the order: names, comma separated, `-` first for descending.
    pub(super) fn sort(&mut self, text: &str, author: Author) -> Result<(), Error> {
        let names: Vec<_> = text.split(',').map(str::trim).collect();
        if names.len() > author.max_sorts() {
            return Err(Error::host(format!(
                "invalid sort: more than {} fields",
                author.max_sorts()
            )));
        }
        let mut terms = Vec::new();
        for name in names {
            terms.push(self.sort_term(name, author)?);
        }
        self.clauses.order = terms.join(", ");
        Ok(())
    }

    fn sort_term(&mut self, text: &str, author: Author) -> Result<String, Error> {
        let (name, direction) = match text.strip_prefix('-') {
            Some(name) => (name, "DESC"),
            None => (text.strip_prefix('+').unwrap_or(text), "ASC"),
        };
        let unknown = || Error::host(format!("invalid sort field {:.80?}", name));
        match name {
            "@random" => return Ok("RANDOM()".into()),
            "@rowid" => return Ok(format!("{BASE}._rowid_ {direction}")),
            _ if !is_name(name) => return Err(unknown()),
            _ => {}
        }
        match self.resolve(name, author) {
            Ok(side) => match side.value {
                Value::Sql(sql) => Ok(format!("{sql} {direction}")),
                _ => Err(unknown()),
            },
            Err(Refusal::Unknown(_)) => Err(unknown()),
            Err(Refusal::Forbidden(err)) => Err(err),
        }
    }

    fn expr(&mut self, expr: &Expr, author: Author) -> Result<String, Error> {
        let (parts, join) = match expr {
            Expr::Compare(left, sign, right) => {
                let left = self.side("left", left, author)?;
                let right = self.side("right", right, author)?;
                return Ok(compare::condition(&mut self.clauses, &left, *sign, &right));
            }
            Expr::All(parts) => (parts, " AND "),
            Expr::Any(parts) => (parts, " OR "),
        };
        let parts = parts
            .iter()
            .map(|part| self.expr(part, author))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(format!("({})", parts.join(join)))
    }

    fn side(&mut self, which: &str, operand: &Operand, author: Author) -> Result<Side, Error> {
        let shown = match operand {
            Operand::Identifier(name) | Operand::Call(name, _) => name.as_str(),
            _ => "",
        };
        self.operand(operand, author)
            .map_err(|refusal| match refusal {
                Refusal::Unknown(reason) => invalid(format_args!(
                    "invalid {which} operand {shown:.80?} - {reason}"
                )),
                Refusal::Forbidden(err) => err,
            })
    }

    fn operand(&mut self, operand: &Operand, author: Author) -> Resolved {
        Ok(Side::new(match operand {
            Operand::Text(text) => Value::Bound(Sql::Text(text.clone())),
            Operand::Number(number) => Value::Bound(Sql::Real(*number)),
            Operand::Null => Value::Null,
            Operand::Bool(flag) => Value::Flag(*flag),
            Operand::Call(name, arguments) => return self.call(name, arguments, author),
            Operand::Identifier(name) => match macros::value(name, self.now) {
                Some(value) => Value::Bound(value),
                None => return self.identifier(name, author),
            },
        }))
    }

    /// A field, or one of the three words if no field is called so.
    fn identifier(&mut self, name: &str, author: Author) -> Resolved {
        let resolved = self.resolve(name, author);
        let Err(Refusal::Unknown(_)) = resolved else {
            return resolved;
        };
        match name.to_ascii_lowercase().as_str() {
            "null" => Ok(Side::new(Value::Null)),
            "true" => Ok(Side::new(Value::Flag(true))),
            "false" => Ok(Side::new(Value::Flag(false))),
            _ => resolved,
        }
    }

    fn resolve(&mut self, name: &str, author: Author) -> Resolved {
        let names: Vec<_> = name.split('.').collect();
        match (names[0], names.len()) {
            ("@request" | "@collection", _) if author == Author::Client => {
                let message = format!("Only superusers can filter by {}.", names[0]);
                Err(Refusal::Forbidden(Error::Api(ApiError::new(
                    403,
                    &message,
                    Json::Null,
                ))))
            }
            ("@request", 2..) => self.request(&names[1..]),
            ("@collection", 3..) => self.other_collection(&names[1..]),
            (first, _) if !first.starts_with(['@', '#']) => {
                let route = Walk::new(self.context, author, &mut self.clauses).follow(&names)?;
                Ok(self.place(route))
            }
            _ => Err(Refusal::Unknown(format!(
                "failed to resolve field {name:?}"
            ))),
        }
    }

    /// `@collection.name.field` or `@collection.name:alias.field`
    fn other_collection(&mut self, names: &[&str]) -> Resolved {
        let (tag, alias) = names[0].split_once(':').unwrap_or((names[0], ""));
        let collection = path::find(self.context.collections, tag)
            .ok_or_else(|| format!("failed to load collection {tag:?}"))?;
        let step = Step::All {
            table: quoted(&collection.name),
            alias: alias.to_owned(),
        };
        let route = Walk::new(self.context, Author::Application, &mut self.clauses)
            .via(step, collection, true)
            .follow(&names[1..])?;
        Ok(self.place(route))
    }

    /// Rows that the request names; what they do not have is null.
    fn requested_rows(
        &mut self,
        step: Step,
        collection: &'a Collection,
        is_many: bool,
        names: &[&str],
    ) -> Side {
        let route = Walk::new(self.context, Author::Application, &mut self.clauses)
            .via(step, collection, is_many)
            .follow(names);
        match route {
            Ok(route) => self.place(route),
            Err(_) => Side::new(Value::Null),
        }
    }

    /// What follows `@request.`; what is not there is null.
    fn request(&mut self, names: &[&str]) -> Resolved {
        const PARTS: [&str; 6] = ["context", "method", "auth", "body", "query", "headers"];
        let is_plain = matches!(names[0], "context" | "method");
        if !PARTS.contains(&names[0]) || is_plain != (names.len() == 1) {
            let name = names.join(".");
            return Err(Refusal::Unknown(format!(
                "failed to resolve field \"@request.{name}\""
            )));
        }
        let Some(request) = self.context.request else {
            return Ok(Side::new(Value::Null));
        };
        match names[0] {
            "auth" => self.request_auth(request, names),
            "body" => self.request_body(request, names),
            _ => self.request_value(request, names),
        }
    }

    fn request_auth(&mut self, request: &Json, names: &[&str]) -> Resolved {
        const PLAIN: [&str; 6] = [
            "id",
            "collectionId",
            "collectionName",
            "email",
            "emailVisibility",
            "verified",
        ];
        let text = |key| request::look_up(request, &["auth", key]).and_then(Json::as_str);
        let tag = text("collectionId").or_else(|| text("collectionName"));
        let collection = tag.and_then(|tag| path::find(self.context.collections, tag));
        let (Some(id), Some(collection)) = (text("id"), collection) else {
            return self.request_value(request, names);
        };
        if names.len() == 2 && PLAIN.contains(&names[1]) {
            return self.request_value(request, names);
        }
        let step = Step::Id {
            table: quoted(&collection.name),
            param: self.shared_param(id),
        };
        Ok(self.requested_rows(step, collection, false, &names[1..]))
    }

    fn request_body(&mut self, request: &Json, names: &[&str]) -> Resolved {
        let (name, modifier) = path::split_modifier(names[1])?;
        let Some(field) = self.context.collection.field(name) else {
            return self.request_value(request, names);
        };
        let value = request::look_up(request, &["body", name]);
        let is_list = path::is_list(field);
        match (modifier, names.len()) {
            ("", 3..) if field.kind == FieldKind::Relation => {
                self.requested_relation(field, value, &names[2..])
            }
            ("each", 2) if is_list => {
                let items = Json::Array(request::items(value)).to_string();
                let step = Step::BoundItems {
                    param: self.shared_param(&items),
                };
                Ok(self.place(Route {
                    steps: vec![step],
                    leaf: Leaf::Item,
                    is_many: field.is_multiple(),
                    keeps_nulls: false,
                    is_guarded: false,
                }))
            }
            ("length", 2) if is_list => {
                let count = request::items(value).len();
                Ok(Side::new(Value::Sql(count.to_string())))
            }
            ("each" | "length", 2) => Err(Refusal::Unknown(format!(
                "field {name:?} doesn't support multivalue operations"
            ))),
            ("changed", 2) => self.changed(request, name),
            _ => self.request_value(request, names),
        }
    }

    /// The records that the body's relation names.
    fn requested_relation(
        &mut self,
        field: &Field,
        ids: Option<&Json>,
        names: &[&str],
    ) -> Resolved {
        let target = field.text_option("collectionId");
        let collection = path::find(self.context.collections, target)
            .ok_or_else(|| format!("failed to load collection {target:?}"))?;
        let ids = cast::to_list(ids.unwrap_or(&Json::Null));
        if ids.is_empty() {
            return Ok(Side::new(Value::Null));
        }
        let step = Step::Ids {
            table: quoted(&collection.name),
            param: self.shared_param(&Json::from(ids).to_string()),
        };
        Ok(self.requested_rows(step, collection, field.is_multiple(), names))
    }

    /// Whether the body has the field, with another value than the record.
    fn changed(&mut self, request: &Json, name: &str) -> Resolved {
        if request::look_up(request, &["body", name]).is_none() {
            return Ok(Side::new(Value::Flag(false)));
        }
        let new = self.request_value(request, &["body", name])?;
        let old = self.resolve(name, Author::Application)?;
        let sign = Sign {
            test: Test::Unequal,
            any: false,
        };
        let sql = compare::condition(&mut self.clauses, &new, sign, &old);
        Ok(Side::new(Value::Sql(format!("({sql})"))))
    }

    fn request_value(&mut self, request: &Json, names: &[&str]) -> Resolved {
        let mut names = names.to_vec();
        let mut modifier = "";
        if let Some(last) = names.last_mut() {
            (*last, modifier) = path::split_modifier(last)?;
        }
        let value = request::look_up(request, &names);
        if modifier == "isset" {
            return Ok(Side::new(Value::Flag(value.is_some())));
        }
        let bound = value.and_then(request::to_sql).map(|value| match value {
            Sql::Text(text) if modifier == "lower" => Sql::Text(text.to_ascii_lowercase()),
            Sql::Text(text) => self.as_field(names.last().copied(), text),
            other => other,
        });
        Ok(Side::new(bound.map_or(Value::Null, Value::Bound)))
    }

    /// Forms send every number as text; a number field is compared as one.
    fn as_field(&self, name: Option<&str>, text: String) -> Sql {
        let field = name.and_then(|name| self.context.collection.field(name));
        let is_number = field.is_some_and(|field| field.kind == FieldKind::Number);
        match text.parse::<f64>() {
            Ok(number) if is_number && number.is_finite() => Sql::Real(number),
            _ => Sql::Text(text),
        }
    }

    /// The functions of PocketBase's filters.
    fn call(&mut self, name: &str, arguments: &[Operand], author: Author) -> Resolved {
        match name {
            "geoDistance" => self.geo_distance(arguments, author),
            "strftime" => self.strftime(arguments, author),
            _ => Err(Refusal::Unknown(format!("unknown function {name:?}"))),
        }
    }

    /// Kilometres between two points, each a longitude and a latitude.
    fn geo_distance(&mut self, arguments: &[Operand], author: Author) -> Resolved {
        let is_allowed = |operand: &Operand| {
            !matches!(
                operand,
                Operand::Text(_) | Operand::Bool(_) | Operand::Call(..)
            )
        };
        if arguments.len() != 4 || !arguments.iter().all(is_allowed) {
            let reason = "geoDistance expects 4 arguments, each an identifier or a number";
            return Err(Refusal::Unknown(reason.into()));
        }
        let mut parts = Vec::new();
        for argument in arguments {
            let side = self.operand(argument, author)?;
            parts.push(side.sql(&mut self.clauses));
        }
        let sql = format!("{GEO_DISTANCE}({})", parts.join(", "));
        let mut side = Side::new(Value::Sql(sql));
        side.nulls = Nulls::Kept;
        Ok(side)
    }

    /// SQLite's strftime(format, [time, modifiers…]).
    fn strftime(&mut self, arguments: &[Operand], author: Author) -> Resolved {
        let is_text = |operand: &Operand| matches!(operand, Operand::Text(_));
        let modifiers = arguments.get(2..).unwrap_or_default();
        if !arguments.first().is_some_and(is_text) || !modifiers.iter().all(is_text) {
            let reason = "strftime expects a format, a time and modifiers, which are texts";
            return Err(Refusal::Unknown(reason.into()));
        }
        let mut sides = Vec::new();
        let mut many = None;
        for argument in arguments {
            let side = self.operand(argument, author)?;
            sides.push(side.sql(&mut self.clauses));
            many = many.or(side.many);
        }
        let many = many.map(|many| {
            let mut sides = sides.clone();
            sides[1] = many.value;
            Many {
                value: format!("strftime({})", sides.join(", ")),
                from: many.from,
            }
        });
        Ok(Side {
            nulls: Nulls::AsEmptyAlways,
            many,
            ..Side::new(Value::Sql(format!("strftime({})", sides.join(", "))))
        })
    }

    /// Joins what a route needs and reads its end.
    fn place(&mut self, route: Route) -> Side {
        let mut alias = BASE.to_owned();
        let mut way = String::new();
        for step in &route.steps {
            way.push_str(&format!("/{step:?}"));
            alias = match self.aliases.get(&way) {
                Some(known) => known.clone(),
                None => {
                    let new = self.new_alias("j");
                    self.clauses.joins.push_str(&step.join(&alias, &new));
                    self.aliases.insert(way.clone(), new.clone());
                    new
                }
            };
        }
        let guard = route
            .is_guarded
            .then(|| format!("{alias}.\"emailVisibility\" = TRUE"));
        Side {
            nulls: match route.keeps_nulls {
                true => Nulls::Kept,
                false => Nulls::AsEmpty,
            },
            many: route.is_many.then(|| self.every_value(&route)),
            guard,
            ..Side::new(Value::Sql(route.leaf.sql(&alias)))
        }
    }

    /// The same route once more, for all the values of the row in question.
    fn every_value(&mut self, route: &Route) -> Many {
        let start = self.new_alias("m");
        let mut alias = start.clone();
        let mut joins = String::new();
        for step in &route.steps {
            let next = self.new_alias("m");
            joins.push_str(&step.join(&alias, &next));
            alias = next;
        }
        let table = self.context.table;
        Many {
            value: route.leaf.sql(&alias),
            from: format!(" FROM {table} AS {start}{joins} WHERE {start}.\"id\" = {BASE}.\"id\""),
        }
    }

    fn new_alias(&mut self, prefix: &str) -> String {
        self.last_alias += 1;
        format!("{prefix}{}", self.last_alias)
    }

    /// One place holder for all uses of a text, so that ways stay the same.
    fn shared_param(&mut self, text: &str) -> String {
        let value = Sql::Text(text.to_owned());
        match self.clauses.params.iter().position(|param| *param == value) {
            Some(at) => format!("?{}", at + 1),
            None => self.clauses.bind(value),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '@')
        && text[1..]
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'))
}
