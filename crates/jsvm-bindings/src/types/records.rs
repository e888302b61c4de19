//! The record types of a project, one for each collection.
//!
//! The one rule: a name of a schema is written as data, between quotes, so no
//! name can break the file.

use crate::collection::{Collection, Field, FieldKind};
use std::{collections::BTreeSet, sync::Arc};

/// Declarations of the records, to stand behind those of the API.
pub(super) fn declarations(collections: &[Arc<Collection>]) -> String {
    let mut out = String::new();
    let mut taken = BTreeSet::new();
    for collection in collections {
        let name = type_name(&collection.name, &mut taken);
        let fields: String = collection.fields.iter().map(member).collect();
        let quoted = quoted(&collection.name);
        out.push_str(&format!(
            "\n/** The fields of {quoted}. */\n\
             interface {name}Fields {{\n{fields}}}\n\
             /** A record of {quoted}. */\n\
             type {name}Record = core.Record<{name}Fields>;\n\
             interface Collections {{ {quoted}: {name}Record }}\n"
        ));
    }
    out
}

/// `blog_posts` is `BlogPosts`; a number tells apart what would be the same.
fn type_name(collection: &str, taken: &mut BTreeSet<String>) -> String {
    let words = collection.split(|c: char| !c.is_ascii_alphanumeric());
    let mut name: String = words.map(capital).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert(0, '_');
    }
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let free = std::iter::once(name.clone())
        .chain(numbered)
        .find(|it| taken.insert(it.clone()));
    free.unwrap_or(name)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

fn member(field: &Field) -> String {
    format!("    {}: {};\n", quoted(&field.name), value(field))
}

/// What `record.get` gives.
fn value(field: &Field) -> String {
    let one = match field.kind {
        FieldKind::Number => "number",
        FieldKind::Bool => "boolean",
        FieldKind::Date | FieldKind::Autodate => "types.DateTime",
        FieldKind::Json => "any",
        FieldKind::GeoPoint => "types.GeoPoint",
        FieldKind::Select => return list(field, &values(field)),
        FieldKind::Relation | FieldKind::File => return list(field, "string"),
        _ => "string",
    };
    one.to_owned()
}

fn list(field: &Field, one: &str) -> String {
    match (field.is_multiple(), one.contains('|')) {
        (true, true) => format!("({one})[]"),
        (true, false) => format!("{one}[]"),
        (false, _) => one.to_owned(),
    }
}

/// The values that a select may have; a single one may be empty, too.
fn values(field: &Field) -> String {
    let values = field.options.get("values").and_then(|it| it.as_array());
    let texts = values.into_iter().flatten().filter_map(|it| it.as_str());
    let empty = (!field.is_multiple()).then_some("");
    let all: Vec<_> = texts.chain(empty).map(quoted).collect();
    match all.is_empty() {
        true => "string".to_owned(),
        false => all.join(" | "),
    }
}

/// As a text of TypeScript; it cannot end a comment either.
fn quoted(text: &str) -> String {
    let text = serde_json::Value::from(text).to_string();
    text.replace("*/", "*\\/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn collection(name: &str, fields: serde_json::Value) -> Arc<Collection> {
        let json = json!({ "id": name, "name": name, "type": "base", "fields": fields });
        Arc::new(Collection::from_json(&json).unwrap())
    }

    #[test]
    fn records_have_the_types_of_their_fields() {
        let fields = json!([
            { "name": "id", "type": "text" },
            { "name": "views", "type": "number" },
            { "name": "done", "type": "bool" },
            { "name": "at", "type": "date" },
            { "name": "data", "type": "json" },
            { "name": "where", "type": "geoPoint" },
            { "name": "status", "type": "select", "values": ["a", "b\"c"], "maxSelect": 1 },
            { "name": "tags", "type": "select", "values": ["x", "y"], "maxSelect": 2 },
            { "name": "author", "type": "relation", "maxSelect": 1 },
            { "name": "files", "type": "file", "maxSelect": 9 },
        ]);
        insta::assert_snapshot!(declarations(&[collection("blog_posts", fields)]), @r#"
        /** The fields of "blog_posts". */
        interface BlogPostsFields {
            "id": string;
            "views": number;
            "done": boolean;
            "at": types.DateTime;
            "data": any;
            "where": types.GeoPoint;
            "status": "a" | "b\"c" | "";
            "tags": ("x" | "y")[];
            "author": string;
            "files": string[];
        }
        /** A record of "blog_posts". */
        type BlogPostsRecord = core.Record<BlogPostsFields>;
        interface Collections { "blog_posts": BlogPostsRecord }
        "#);
    }

    #[test]
    fn no_name_breaks_the_file() {
        let names = ["a-b", "a_b", "1", "*/ x", "\"; }"];
        let collections =
            names.map(|name| collection(name, json!([{ "name": name, "type": "text" }])));
        let text = crate::types::types(&collections);
        let source = jsvm_core::Source::new("types.d.ts", text);
        let names = jsvm_core::analysis::analyse(&source, |it| it.top_level()).unwrap();
        let fields: Vec<_> = names
            .iter()
            .map(|it| it.name.as_str())
            .filter(|name| name.ends_with("Fields"))
            .collect();
        assert_eq!(
            fields,
            ["ABFields", "AB2Fields", "_1Fields", "XFields", "_Fields"]
        );
    }
}
