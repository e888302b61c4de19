//! A query that is put together step by step.
//!
//! The one rule: what was not asked for is not in the text.

use super::{Condition, Params, Template, condition::with_params, quoted};

/// `SELECT … FROM …` and so on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Select {
    pub(crate) columns: Vec<String>,
    pub(crate) is_distinct: bool,
    pub(crate) tables: Vec<String>,
    /// The word, the table, the condition.
    pub(crate) joins: Vec<(&'static str, String, Option<Condition>)>,
    pub(crate) condition: Option<Condition>,
    pub(crate) groups: Vec<String>,
    pub(crate) having: Option<Condition>,
    pub(crate) orders: Vec<String>,
    pub(crate) limit: Option<i64>,
    pub(crate) offset: Option<i64>,
    pub(crate) params: Params,
    /// Between `SELECT` and the columns, such as `DISTINCT`.
    pub(crate) option: String,
    /// Before and after the whole query.
    pub(crate) fragments: [String; 2],
    /// `UNION` or `UNION ALL`, and another query.
    pub(crate) unions: Vec<(&'static str, Template)>,
}

impl Select {
    /// The whole query.
    pub(crate) fn template(&self) -> Template {
        let mut template = Template {
            sql: String::new(),
            params: self.params.clone(),
        };
        let mut sql = self.head();
        for (word, table, on) in &self.joins {
            sql.push_str(&format!(" {word} {}", table_name(table)));
            push(&mut sql, " ON ", on.as_ref(), &mut template);
        }
        push(&mut sql, " WHERE ", self.condition.as_ref(), &mut template);
        push_list(
            &mut sql,
            " GROUP BY ",
            self.groups.iter().map(|name| quoted(name)),
        );
        push(&mut sql, " HAVING ", self.having.as_ref(), &mut template);
        for (word, other) in &self.unions {
            let other = with_params(&other.sql, &other.params, &mut template);
            // A query with an order or a limit of its own has to be inside.
            sql.push_str(&format!(" {word} SELECT * FROM ({other})"));
        }
        push_list(
            &mut sql,
            " ORDER BY ",
            self.orders.iter().map(|order| order_name(order)),
        );
        // SQLite knows no offset without a limit; -1 is none.
        match (self.limit, self.offset) {
            (None, None) => {}
            (limit, offset) => {
                sql.push_str(&format!(" LIMIT {}", limit.unwrap_or(-1)));
                if let Some(offset) = offset.filter(|offset| *offset > 0) {
                    sql.push_str(&format!(" OFFSET {offset}"));
                }
            }
        }
        let [before, after] = &self.fragments;
        let parts = [before.as_str(), &sql, after];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        template.sql = parts.join(" ");
        template
    }

    fn head(&self) -> String {
        let distinct = if self.is_distinct { "DISTINCT " } else { "" };
        let columns = match self.columns.is_empty() {
            true => "*".to_owned(),
            false => list(self.columns.iter().map(|column| column_name(column))),
        };
        let option = match self.option.as_str() {
            "" => String::new(),
            option => format!("{option} "),
        };
        let mut sql = format!("SELECT {distinct}{option}{columns}");
        push_list(
            &mut sql,
            " FROM ",
            self.tables.iter().map(|table| table_name(table)),
        );
        sql
    }
}

fn push(sql: &mut String, word: &str, condition: Option<&Condition>, template: &mut Template) {
    let text = condition.map_or_else(String::new, |condition| condition.write(template));
    if !text.is_empty() {
        sql.push_str(word);
        sql.push_str(&text);
    }
}

fn push_list(sql: &mut String, word: &str, names: impl Iterator<Item = String>) {
    let names = list(names);
    if !names.is_empty() {
        sql.push_str(word);
        sql.push_str(&names);
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// `name`, or `name AS other`.
fn column_name(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.find(" as ") {
        Some(at) if !text.contains('(') => {
            format!(
                "{} AS {}",
                quoted(&text[..at]),
                quoted(text[at + 4..].trim())
            )
        }
        _ => quoted(text),
    }
}

/// `table`, or `table short`.
fn table_name(text: &str) -> String {
    match text.split_once(' ') {
        Some((table, short)) if !text.contains('(') => {
            let short = short.trim();
            let short = short
                .strip_prefix("AS ")
                .or_else(|| short.strip_prefix("as "));
            let short =
                short.unwrap_or_else(|| text.split_once(' ').map_or("", |(_, rest)| rest.trim()));
            format!("{} {}", quoted(table), quoted(short))
        }
        _ => quoted(text),
    }
}

/// `name`, or `name DESC`.
fn order_name(text: &str) -> String {
    let text = text.trim();
    match text.rsplit_once(' ') {
        Some((name, way)) if ["asc", "desc"].contains(&&*way.to_ascii_lowercase()) => {
            format!("{} {way}", quoted(name))
        }
        _ => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_query_has_what_was_asked_for() {
        let equal = |value: serde_json::Value| Condition::Equal(value.as_object().unwrap().clone());
        let select = Select {
            columns: vec!["id".into(), "u.name as who".into(), "count(*)".into()],
            is_distinct: true,
            tables: vec!["users u".into()],
            joins: vec![(
                "LEFT JOIN",
                "posts AS p".into(),
                Some(Condition::Text("p.u = u.id".into(), Params::new())),
            )],
            condition: Some(equal(json!({ "a": 1 }))),
            groups: vec!["u.name".into()],
            orders: vec!["created DESC".into(), "id".into()],
            offset: Some(5),
            ..Select::default()
        };
        let made = select.template().finish(Duration::ZERO).unwrap();
        assert_eq!(
            made.sql,
            "SELECT DISTINCT `id`, `u`.`name` AS `who`, count(*) FROM `users` `u` LEFT JOIN `posts` `p` \
             ON p.u = u.id WHERE `a`=? GROUP BY `u`.`name` ORDER BY `created` DESC, `id` LIMIT -1 OFFSET 5"
        );
        assert_eq!(Select::default().template().sql, "SELECT *");
    }

    #[test]
    fn queries_are_united_with_their_own_values() {
        let of = |value: i64| Select {
            tables: vec!["t".into()],
            condition: Some(Condition::In("a".into(), vec![json!(value)], false)),
            ..Select::default()
        };
        let both = Select {
            unions: vec![("UNION ALL", of(2).template())],
            orders: vec!["a".into()],
            fragments: ["EXPLAIN".into(), "-- end".into()],
            option: "ALL".into(),
            ..of(1)
        };
        let made = both.template().finish(Duration::ZERO).unwrap();
        assert_eq!(
            made.sql,
            "EXPLAIN SELECT ALL * FROM `t` WHERE `a`=? UNION ALL SELECT * FROM \
             (SELECT * FROM `t` WHERE `a`=?) ORDER BY `a` -- end"
        );
        assert_eq!(made.values, [json!(1), json!(2)]);
    }
}
