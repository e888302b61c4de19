//! What is refused, with which code, message and parameters.

use super::*;
use serde_json::json;

/// A store with the ids `a` and `b` in its only collection.
#[derive(Default)]
struct Others(Patterns);

impl Lookup for Others {
    fn patterns(&self) -> &Patterns {
        &self.0
    }

    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        let other = json!({ "id": "others", "name": "others", "fields": [] });
        let other = Collection::from_json(&other).unwrap();
        other.is_called(name_or_id).then(|| Arc::new(other))
    }

    fn count_ids(&self, _: &Collection, ids: &[String]) -> Result<usize, Error> {
        Ok(ids
            .iter()
            .filter(|id| matches!(id.as_str(), "a" | "b"))
            .count())
    }

    fn count_similar_ids(&self, _: &Collection, id: &str) -> Result<usize, Error> {
        Ok(["a", "b"]
            .iter()
            .filter(|other| other.eq_ignore_ascii_case(id))
            .count())
    }
}

fn record(field: &Value) -> Record {
    let collection = json!({ "name": "things", "fields": [field] });
    Record::new(Arc::new(Collection::from_json(&collection).unwrap()))
}

/// The error of a field `f`, as `code: message {params}`, or nothing.
fn checked(field: Value, value: Value) -> String {
    let mut field = field;
    field["name"] = "f".into();
    let mut record = record(&field);
    record.set("f", &value);
    match check(&record, &Others::default()) {
        Ok(()) => String::new(),
        Err(Error::Validation(fields)) => told(&fields["f"]),
        Err(err) => err.to_string(),
    }
}

fn told(err: &FieldError) -> String {
    let params = err.params.clone().map(Value::Object);
    let params = params
        .map(|params| format!(" {params}"))
        .unwrap_or_default();
    format!("{}: {}{params}", err.code, err.message)
}

const BLANK: &str = "validation_required: cannot be blank";

fn check_all(cases: &[(&Value, Value, &str)]) {
    for (field, value, wanted) in cases {
        let told = checked((*field).clone(), value.clone());
        assert_eq!(&told, wanted, "{field} {value}");
    }
}

#[test]
fn texts_have_a_length_and_a_pattern() {
    let text = &json!({ "type": "text", "min": 2, "max": 4, "pattern": "^[a-z]+$" });
    let min = "validation_min_text_constraint: Must be at least 2 character(s) {\"min\":2}";
    let max = "validation_max_text_constraint: Must be no more than 4 character(s) {\"max\":4}";
    let default_max =
        "validation_max_text_constraint: Must be no more than 5000 character(s) {\"max\":5000}";
    let format = "validation_invalid_format: Invalid value format";
    check_all(&[
        (text, json!(""), ""),
        (text, json!("a"), min),
        (text, json!("abcde"), max),
        (text, json!("ab1"), format),
        (text, json!("abcd"), ""),
        (&json!({ "type": "text" }), json!(""), ""),
        (
            &json!({ "type": "text", "required": true }),
            json!(""),
            BLANK,
        ),
        (&json!({ "type": "text", "max": 2 }), json!("éé"), ""),
        (
            &json!({ "type": "text" }),
            json!("x".repeat(5001)),
            default_max,
        ),
        (
            &json!({ "type": "text", "pattern": "(" }),
            json!("x"),
            format,
        ),
    ]);
}

#[test]
fn passwords_have_a_length_unless_they_are_hashes() {
    let password = &json!({ "type": "password", "required": true, "min": 8 });
    let min = "validation_min_text_constraint: Must be at least 8 character(s)";
    let max = "validation_max_text_constraint: Must be less than 71 character(s)";
    check_all(&[
        (password, json!(""), BLANK),
        (password, json!("123"), min),
        (password, json!("secret-123"), ""),
        (password, json!("x".repeat(72)), max),
        (password, json!(format!("$2a$10${}", "x".repeat(90))), ""),
    ]);
}

#[test]
fn numbers_have_limits_and_zero_is_none() {
    let number = &json!({ "type": "number", "min": 2, "max": 5.5 });
    let whole = &json!({ "type": "number", "onlyInt": true });
    let fraction = "validation_only_int_constraint: Decimal numbers are not allowed";
    let min = "validation_min_number_constraint: Must be larger than 2.000000";
    let max = "validation_max_number_constraint: Must be less than 5.500000";
    check_all(&[
        (number, json!(1), min),
        (number, json!(6), max),
        (number, json!(5.5), ""),
        (number, json!(0), ""),
        (
            &json!({ "type": "number", "required": true }),
            json!(0),
            BLANK,
        ),
        (whole, json!(2.5), fraction),
        (whole, json!(-2), ""),
        (
            &json!({ "type": "bool", "required": true }),
            json!(false),
            BLANK,
        ),
        (
            &json!({ "type": "bool", "required": true }),
            json!(true),
            "",
        ),
    ]);
}

#[test]
fn addresses_have_a_syntax_and_a_domain() {
    let mail = &json!({ "type": "email", "onlyDomains": ["a.com"], "required": true });
    let url = &json!({ "type": "url", "exceptDomains": ["a.com"] });
    let mail_domain = "validation_email_domain_not_allowed: Email domain is not allowed";
    let url_domain = "validation_url_domain_not_allowed: Url domain is not allowed";
    let no_mail = "validation_is_email: must be a valid email address";
    check_all(&[
        (mail, json!(""), BLANK),
        (mail, json!("nobody"), no_mail),
        (mail, json!("a@b.com"), mail_domain),
        (mail, json!("a@a.com"), ""),
        (url, json!(""), ""),
        (
            url,
            json!("example"),
            "validation_invalid_url: Must be a valid url",
        ),
        (url, json!("https://a.com/x"), url_domain),
        (url, json!("https://b.com/x"), ""),
    ]);
}

#[test]
fn dates_have_limits() {
    let date = &json!({
        "type": "date", "min": "2024-01-02 00:00:00.000Z", "max": "2025-01-01 00:00:00.500Z"
    });
    let min = "validation_min_greater_equal_than_required: must be no less than \
               2024-01-02 00:00:00 +0000 UTC {\"threshold\":\"2024-01-02T00:00:00Z\"}";
    let max = "validation_max_less_equal_than_required: must be no greater than \
               2025-01-01 00:00:00.5 +0000 UTC {\"threshold\":\"2025-01-01T00:00:00.5Z\"}";
    check_all(&[
        (date, json!(""), ""),
        (date, json!("2024-01-01"), min),
        (date, json!("2025-01-02"), max),
        (date, json!("2024-06-01"), ""),
        (
            &json!({ "type": "date", "required": true }),
            json!("soon"),
            BLANK,
        ),
        (&json!({ "type": "autodate" }), json!(""), ""),
    ]);
}

#[test]
fn choices_are_known_and_not_too_many() {
    let one = &json!({ "type": "select", "values": ["x"], "required": true });
    let two = &json!({ "type": "select", "values": ["x", "y", "z"], "maxSelect": 2 });
    let files = &json!({ "type": "file", "maxSelect": 2 });
    let many = "validation_too_many_values: Select no more than 2 {\"maxSelect\":2}";
    let many_files = "validation_too_many_files: The maximum allowed files is 2 {\"maxSelect\":2}";
    let lost = "validation_invalid_value: Invalid value lost {\"value\":\"lost\"}";
    check_all(&[
        (one, json!(null), BLANK),
        (one, json!("lost"), lost),
        (one, json!("x"), ""),
        (two, json!(["x", "y", "z"]), many),
        (two, json!(["x", "lost"]), lost),
        (two, json!(["x", "y"]), ""),
        (
            &json!({ "type": "file", "required": true }),
            json!(""),
            BLANK,
        ),
        (files, json!(["1", "2", "3"]), many_files),
        (files, json!(["1", "2"]), ""),
    ]);
}

#[test]
fn relations_lead_to_records() {
    let two = &json!({ "type": "relation", "collectionId": "others", "maxSelect": 2 });
    let some = &json!({
        "type": "relation", "collectionId": "others", "minSelect": 2, "maxSelect": 3
    });
    let gone = &json!({ "type": "relation", "collectionId": "gone", "required": true });
    let missing = "validation_missing_rel_records: \
                   Failed to find all relation records with the provided ids";
    let no_collection = "validation_missing_rel_collection: \
                         Relation connection is missing or cannot be accessed";
    let many = "validation_too_many_values: Select no more than 2 {\"maxSelect\":2}";
    let few = "validation_not_enough_values: Select at least 2 {\"minSelect\":2}";
    check_all(&[
        (two, json!([]), ""),
        (two, json!(["a", "c"]), missing),
        (two, json!(["a", "b", "c"]), many),
        (two, json!(["a", "b"]), ""),
        (some, json!(["a"]), few),
        (gone, json!("a"), no_collection),
        (gone, json!(""), BLANK),
    ]);
}

#[test]
fn documents_have_a_size_and_points_a_place() {
    let editor = &json!({ "type": "editor", "maxSize": 3 });
    let small = &json!({ "type": "json", "maxSize": 5 });
    let point = &json!({ "type": "geoPoint" });
    let content = "validation_content_size_limit: \
                   The maximum allowed content size is 3 bytes {\"maxSize\":3}";
    let size = "validation_json_size_limit: \
                The maximum allowed JSON size is 5 bytes {\"maxSize\":5}";
    let lat = "validation_invalid_latitude: Latitude must be between -90 and 90 degrees";
    let lon = "validation_invalid_longitude: Longitude must be between -180 and 180 degrees";
    check_all(&[
        (editor, json!("abcd"), content),
        (editor, json!("abc"), ""),
        (
            &json!({ "type": "editor", "required": true }),
            json!(""),
            BLANK,
        ),
        (small, json!({ "a": 12 }), size),
        (small, json!(null), ""),
        (
            &json!({ "type": "json", "required": true }),
            json!([]),
            BLANK,
        ),
        (&json!({ "type": "json", "required": true }), json!(0), ""),
        (
            &json!({ "type": "geoPoint", "required": true }),
            json!({}),
            BLANK,
        ),
        (point, json!({ "lat": 91 }), lat),
        (point, json!({ "lon": -181 }), lon),
        (point, json!({ "lon": 180, "lat": -90 }), ""),
    ]);
}

#[test]
fn ids_are_checked_when_they_are_new() {
    let loose = json!({ "name": "id", "type": "text", "primaryKey": true, "pattern": "." });
    let strict = json!({
        "name": "id", "type": "text", "primaryKey": true, "min": 3, "pattern": "^[a-z0-9]+$"
    });
    for (field, id, wanted) in [
        (&strict, "", BLANK),
        (
            &strict,
            "ab",
            "validation_min_text_constraint: Must be at least 3 character(s) {\"min\":3}",
        ),
        (
            &strict,
            "ABC",
            "validation_invalid_format: Invalid value format",
        ),
        (
            &strict,
            "../",
            "validation_pk_forbidden: The record primary key contains forbidden characters {\"forbidden\":\"/\"}",
        ),
        (&strict, "abc", ""),
        (
            &loose,
            "A",
            "validation_pk_invalid: The record primary key is invalid or already exists",
        ),
        (&loose, "C", ""),
    ] {
        let mut record = record(field);
        record.set("id", &id.into());
        let told = match check(&record, &Others::default()) {
            Err(Error::Validation(fields)) => told(&fields["id"]),
            other => other.map(|()| String::new()).unwrap(),
        };
        assert_eq!(told, wanted, "{id}");
    }
}

#[test]
fn ids_do_not_change() {
    let mut record = record(&json!({ "name": "id", "type": "text", "primaryKey": true }));
    record.set("id", &"/old/".into());
    record.mark_as_saved();
    assert_eq!(check(&record, &Others::default()), Ok(()));
    record.set("id", &"new".into());
    let message = check(&record, &Others::default()).unwrap_err().to_string();
    assert_eq!(message, "id: The record primary key cannot be changed.");
}

#[test]
fn a_stored_password_is_not_checked_again() {
    let values = json!({ "id": "a", "p": "short" });
    let collection = json!({ "name": "things", "fields": [
        { "name": "id", "type": "text" }, { "name": "p", "type": "password", "min": 8 }
    ]});
    let collection = Arc::new(Collection::from_json(&collection).unwrap());
    let mut stored = Record::stored(collection, values.as_object().unwrap());
    assert_eq!(check(&stored, &Others::default()), Ok(()));
    stored.set("p", &"other".into());
    assert!(check(&stored, &Others::default()).is_err());
}

#[test]
fn hashes_are_told_from_passwords() {
    assert!(is_password_hash(&format!("$2a$10${}", "x".repeat(53))));
    assert!(is_password_hash(
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaGhhc2g"
    ));
    for text in [
        "",
        "secret-123",
        "$2a$10$x",
        "$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$",
    ] {
        assert!(!is_password_hash(text), "{text}");
    }
}
