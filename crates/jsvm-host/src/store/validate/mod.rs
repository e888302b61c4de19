//! What PocketBase checks of a record before it is stored.
//!
//! The one rule: codes, messages and parameters are PocketBase's own; each
//! field has one error at most. Asks for other records through [`Lookup`] and
//! knows nothing of connections.

mod pattern;
mod syntax;

pub(super) use pattern::Patterns;

use jsvm::{
    Collection, DateTime, Error, Field, FieldError, FieldKind, ID_PATTERN, Record, cast,
    security::is_password_hash,
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// What a check has to know of other records.
pub(super) trait Lookup {
    /// The patterns that were compiled before.
    fn patterns(&self) -> &Patterns;

    /// The collection of that name or id.
    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>>;

    /// How many of the ids are ids of the collection.
    fn count_ids(&self, collection: &Collection, ids: &[String]) -> Result<usize, Error>;

    /// How many ids differ from this one in case at most.
    fn count_similar_ids(&self, collection: &Collection, id: &str) -> Result<usize, Error>;
}

/// Checks every field of a record.
///
/// # Errors
///
/// [`Error::Validation`] with every field that is not allowed, [`Error::Host`]
/// if that could not be found out.
pub(super) fn check(record: &Record, lookup: &impl Lookup) -> Result<(), Error> {
    let mut refused = BTreeMap::new();
    for field in &record.collection().fields {
        if let Some(err) = check_field(record, field, lookup)? {
            refused.insert(field.name.clone(), err);
        }
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(Error::Validation(refused)),
    }
}

type Checked = Result<Option<FieldError>, Error>;

fn check_field(record: &Record, field: &Field, lookup: &impl Lookup) -> Checked {
    let value = record.get(&field.name);
    let text = || cast::to_text(value);
    Ok(match field.kind {
        FieldKind::Text if field.primary_key => return check_id(record, field, lookup),
        FieldKind::Text => check_text(field, &text(), lookup.patterns()),
        FieldKind::Relation => return check_relation(field, value, lookup),
        FieldKind::Password => check_password(record, field, lookup.patterns()),
        FieldKind::Number => check_number(field, cast::to_number(value)),
        FieldKind::Bool => blank_if(field.required && !cast::to_bool(value)),
        FieldKind::Email => check_email(field, &text()),
        FieldKind::Url => check_url(field, &text()),
        FieldKind::Editor => check_editor(field, &text()),
        FieldKind::Date => check_date(field, &text()),
        FieldKind::Select => check_select(field, &cast::to_list(value)),
        FieldKind::File => check_files(field, &cast::to_list(value)),
        FieldKind::Json => check_json(field, value),
        FieldKind::GeoPoint => check_geo_point(field, value),
        _ => None,
    })
}

fn check_id(record: &Record, field: &Field, lookup: &impl Lookup) -> Checked {
    let id = record.id();
    if !record.is_new() {
        let message = "The record primary key cannot be changed";
        let is_kept = id == record.last_saved_id();
        return Ok((!is_kept).then(|| refused("validation_pk_change", message)));
    }
    if let Some(c) = id.chars().find(|c| matches!(c, '/' | '\\')) {
        let message = "The record primary key contains forbidden characters";
        let err = refused("validation_pk_forbidden", message);
        return Ok(Some(with(err, "forbidden", c.to_string())));
    }
    // Two ids that differ in case would be one directory on some systems.
    if field.text_option("pattern") != ID_PATTERN
        && lookup.count_similar_ids(record.collection(), id)? > 0
    {
        let message = "The record primary key is invalid or already exists";
        return Ok(Some(refused("validation_pk_invalid", message)));
    }
    Ok(blank_if(id.is_empty()).or_else(|| check_text(field, id, lookup.patterns())))
}

fn check_text(field: &Field, text: &str, patterns: &Patterns) -> Option<FieldError> {
    const MAX: i64 = 5000;
    if text.is_empty() {
        return blank_if(field.required);
    }
    let (min, max) = (field.number_option("min"), field.number_option("max"));
    let max = if max == 0 { MAX } else { max };
    let length = length_of(text);
    if min > 0 && length < min {
        let message = format!("Must be at least {min} character(s)");
        return Some(with(
            refused("validation_min_text_constraint", message),
            "min",
            min,
        ));
    }
    if max > 0 && length > max {
        let message = format!("Must be no more than {max} character(s)");
        return Some(with(
            refused("validation_max_text_constraint", message),
            "max",
            max,
        ));
    }
    check_pattern(field, text, patterns)
}

fn check_pattern(field: &Field, text: &str, patterns: &Patterns) -> Option<FieldError> {
    let pattern = field.text_option("pattern");
    if pattern.is_empty() || patterns.is_match(pattern, text) {
        return None;
    }
    Some(refused("validation_invalid_format", "Invalid value format"))
}

/// PocketBase: these messages come without parameters.
fn check_password(record: &Record, field: &Field, patterns: &Patterns) -> Option<FieldError> {
    const MAX: i64 = 71;
    let text = cast::to_text(record.get(&field.name));
    if text.is_empty() {
        return blank_if(field.required);
    }
    let is_stored = !record.is_new() && record.original().get(&field.name) == text.as_str();
    if is_stored || is_password_hash(&text) {
        return None;
    }
    let (min, max) = (field.number_option("min"), field.number_option("max"));
    let max = if max <= 0 { MAX } else { max };
    let length = length_of(&text);
    if length < min {
        let message = format!("Must be at least {min} character(s)");
        return Some(refused("validation_min_text_constraint", message));
    }
    if length > max {
        let message = format!("Must be less than {max} character(s)");
        return Some(refused("validation_max_text_constraint", message));
    }
    check_pattern(field, &text, patterns)
}

/// PocketBase: 0 is no value, so neither limit applies to it.
fn check_number(field: &Field, number: f64) -> Option<FieldError> {
    if number == 0.0 {
        return blank_if(field.required);
    }
    if field.flag_option("onlyInt") && number.fract() != 0.0 {
        let message = "Decimal numbers are not allowed";
        return Some(refused("validation_only_int_constraint", message));
    }
    let limit = |key| field.options.get(key).and_then(Value::as_f64);
    if let Some(min) = limit("min").filter(|min| number < *min) {
        let message = format!("Must be larger than {min:.6}");
        return Some(refused("validation_min_number_constraint", message));
    }
    let max = limit("max").filter(|max| number > *max)?;
    let message = format!("Must be less than {max:.6}");
    Some(refused("validation_max_number_constraint", message))
}

fn check_email(field: &Field, text: &str) -> Option<FieldError> {
    if text.is_empty() {
        return blank_if(field.required);
    }
    if !syntax::is_email(text) {
        return Some(refused(
            "validation_is_email",
            "must be a valid email address",
        ));
    }
    let domain = text.rsplit_once('@').map_or("", |(_, domain)| domain);
    let message = "Email domain is not allowed";
    let is_refused = !is_allowed_domain(field, domain);
    is_refused.then(|| refused("validation_email_domain_not_allowed", message))
}

fn check_url(field: &Field, text: &str) -> Option<FieldError> {
    if text.is_empty() {
        return blank_if(field.required);
    }
    if !syntax::is_url(text) {
        return Some(refused("validation_invalid_url", "Must be a valid url"));
    }
    let message = "Url domain is not allowed";
    let is_refused = !is_allowed_domain(field, syntax::host_of(text));
    is_refused.then(|| refused("validation_url_domain_not_allowed", message))
}

fn is_allowed_domain(field: &Field, domain: &str) -> bool {
    let list = |key| {
        field
            .options
            .get(key)
            .map(cast::to_list)
            .unwrap_or_default()
    };
    let (only, except) = (list("onlyDomains"), list("exceptDomains"));
    let is_in = |domains: &[String]| domains.iter().any(|other| other == domain);
    (only.is_empty() || is_in(&only)) && !is_in(&except)
}

fn check_editor(field: &Field, text: &str) -> Option<FieldError> {
    if text.is_empty() {
        return blank_if(field.required);
    }
    let max = max_size(field);
    let message = format!("The maximum allowed content size is {max} bytes");
    let err = || {
        with(
            refused("validation_content_size_limit", message),
            "maxSize",
            max,
        )
    };
    is_larger(text, max).then(err)
}

fn check_json(field: &Field, value: &Value) -> Option<FieldError> {
    let text = value.to_string();
    let max = max_size(field);
    if is_larger(&text, max) {
        let message = format!("The maximum allowed JSON size is {max} bytes");
        return Some(with(
            refused("validation_json_size_limit", message),
            "maxSize",
            max,
        ));
    }
    let is_empty = matches!(text.as_str(), "null" | "\"\"" | "[]" | "{}");
    blank_if(field.required && is_empty)
}

fn check_date(field: &Field, text: &str) -> Option<FieldError> {
    let Some(at) = DateTime::parse(text) else {
        return blank_if(field.required);
    };
    let limit = |key| DateTime::parse(field.text_option(key));
    if let Some(min) = limit("min").filter(|min| at < *min) {
        let message = format!("must be no less than {}", go_time(min));
        let err = refused("validation_min_greater_equal_than_required", message);
        return Some(with(err, "threshold", rfc3339(min)));
    }
    let max = limit("max").filter(|max| at > *max)?;
    let message = format!("must be no greater than {}", go_time(max));
    let err = refused("validation_max_less_equal_than_required", message);
    Some(with(err, "threshold", rfc3339(max)))
}

fn check_select(field: &Field, values: &[String]) -> Option<FieldError> {
    if values.is_empty() {
        return blank_if(field.required);
    }
    if let Some(err) = check_count(field, values.len()) {
        return Some(err);
    }
    let allowed = field
        .options
        .get("values")
        .map(cast::to_list)
        .unwrap_or_default();
    let value = values.iter().find(|value| !allowed.contains(value))?;
    let err = refused("validation_invalid_value", format!("Invalid value {value}"));
    Some(with(err, "value", value.as_str()))
}

fn check_relation(field: &Field, value: &Value, lookup: &impl Lookup) -> Checked {
    let ids = cast::to_list(value);
    if ids.is_empty() {
        return Ok(blank_if(field.required));
    }
    let min = field.number_option("minSelect");
    if count_of(ids.len()) < min {
        let err = refused(
            "validation_not_enough_values",
            format!("Select at least {min}"),
        );
        return Ok(Some(with(err, "minSelect", min)));
    }
    if let Some(err) = check_count(field, ids.len()) {
        return Ok(Some(err));
    }
    let Some(collection) = lookup.collection(field.text_option("collectionId")) else {
        let message = "Relation connection is missing or cannot be accessed";
        return Ok(Some(refused("validation_missing_rel_collection", message)));
    };
    let message = "Failed to find all relation records with the provided ids";
    let is_complete = lookup.count_ids(&collection, &ids)? == ids.len();
    Ok((!is_complete).then(|| refused("validation_missing_rel_records", message)))
}

fn check_files(field: &Field, names: &[String]) -> Option<FieldError> {
    if names.is_empty() {
        return blank_if(field.required);
    }
    let max = field.number_option("maxSelect").max(1);
    let message = format!("The maximum allowed files is {max}");
    let err = || {
        with(
            refused("validation_too_many_files", message),
            "maxSelect",
            max,
        )
    };
    (count_of(names.len()) > max).then(err)
}

fn check_count(field: &Field, count: usize) -> Option<FieldError> {
    let max = field.number_option("maxSelect").max(1);
    let err = || {
        let err = refused(
            "validation_too_many_values",
            format!("Select no more than {max}"),
        );
        with(err, "maxSelect", max)
    };
    (count_of(count) > max).then(err)
}

fn check_geo_point(field: &Field, value: &Value) -> Option<FieldError> {
    let part = |key| value.get(key).map_or(0.0, cast::to_number);
    let (lon, lat) = (part("lon"), part("lat"));
    if lon == 0.0 && lat == 0.0 {
        return blank_if(field.required);
    }
    if !(-90.0..=90.0).contains(&lat) {
        let message = "Latitude must be between -90 and 90 degrees";
        return Some(refused("validation_invalid_latitude", message));
    }
    let message = "Longitude must be between -180 and 180 degrees";
    let is_wrong = !(-180.0..=180.0).contains(&lon);
    is_wrong.then(|| refused("validation_invalid_longitude", message))
}

fn blank_if(is_blank: bool) -> Option<FieldError> {
    is_blank.then(|| refused("validation_required", "cannot be blank"))
}

/// The list of errors adds the full stop that PocketBase's messages end in.
fn refused(code: &str, message: impl Into<String>) -> FieldError {
    FieldError::new(code, message)
}

fn with(err: FieldError, key: &str, value: impl Into<Value>) -> FieldError {
    FieldError {
        params: Some(Map::from_iter([(key.to_owned(), value.into())])),
        ..err
    }
}

fn length_of(text: &str) -> i64 {
    count_of(text.chars().count())
}

fn count_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn max_size(field: &Field) -> i64 {
    const MAX: i64 = 5 << 20;
    match field.number_option("maxSize") {
        size if size > 0 => size,
        _ => MAX,
    }
}

fn is_larger(text: &str, max: i64) -> bool {
    count_of(text.len()) > max
}

/// `2024-01-02T03:04:05Z`, with a fraction only if there is one.
fn rfc3339(at: DateTime) -> String {
    let text = at.to_string().replacen(' ', "T", 1);
    let text = text.trim_end_matches('Z').trim_end_matches('0');
    format!("{}Z", text.trim_end_matches('.'))
}

/// `2024-01-02 03:04:05 +0000 UTC`, as Go prints a time.
fn go_time(at: DateTime) -> String {
    let text = rfc3339(at).replacen('T', " ", 1);
    format!("{} +0000 UTC", text.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests;
