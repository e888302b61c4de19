//! Which part of a list is asked for.
//!
//! The one rule: a number out of range becomes the nearest that makes sense,
//! and text that is no number is refused. Knows nothing of records.

use crate::api::api_error;
use jsvm::{Error, Query, http::Values};
use serde_json::Value;

const PER_PAGE: u64 = 30;
const MAX_PER_PAGE: u64 = 1000;

/// The page of a list, and how the list is made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) per_page: u64,
    /// Whether nobody wants to know how many there are.
    pub(super) skips_total: bool,
    filter: String,
    sort: String,
}

impl Page {
    /// Reads the query of a request.
    ///
    /// # Errors
    ///
    /// A 400 for a number or a switch that is none.
    pub(super) fn parse(query: &Values) -> Result<Self, Error> {
        let skips_total = match query.get("skipTotal") {
            "" => false,
            text => switch(text)?,
        };
        let number = match query.get("page") {
            "" => 1,
            text => integer(text)?.max(1).unsigned_abs(),
        };
        let per_page = match query.get("perPage") {
            "" => PER_PAGE,
            text => match integer(text)? {
                ..=0 => PER_PAGE,
                number => number.unsigned_abs().min(MAX_PER_PAGE),
            },
        };
        Ok(Self {
            number,
            per_page,
            skips_total,
            filter: query.get("filter").to_owned(),
            sort: query.get("sort").to_owned(),
        })
    }

    /// The records of this page; `request` is what `@request` stands for.
    pub(super) fn query(&self, request: Value) -> Query {
        Query {
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            limit: self.per_page,
            offset: self.per_page.saturating_mul(self.number - 1),
            request: Some(request),
            ..Query::default()
        }
    }
}

fn integer(text: &str) -> Result<i64, Error> {
    text.parse().map_err(|_| api_error(400, ""))
}

/// Go's `strconv.ParseBool`.
fn switch(text: &str) -> Result<bool, Error> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(api_error(400, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_brought_into_range() {
        for (query, number, per_page, skips_total) in [
            ("", 1, 30, false),
            ("page=&perPage=&skipTotal=", 1, 30, false),
            ("page=2&perPage=5", 2, 5, false),
            ("page=%2B2", 2, 30, false),
            ("page=0&perPage=0", 1, 30, false),
            ("page=-3&perPage=-3", 1, 30, false),
            ("perPage=5000&skipTotal=1", 1, 1000, true),
            ("skipTotal=F", 1, 30, false),
            ("page=9223372036854775807", u64::MAX / 2, 30, false),
        ] {
            let page = Page::parse(&Values::parse(query)).unwrap();
            assert_eq!(
                (page.number, page.per_page, page.skips_total),
                (number, per_page, skips_total),
                "{query}"
            );
            assert_eq!(
                page.query(Value::Null).offset,
                per_page.saturating_mul(number - 1)
            );
        }
    }

    #[test]
    fn text_is_refused() {
        for query in [
            "page=abc",
            "page=1.5",
            "perPage=1e3",
            "page=99999999999999999999",
            "skipTotal=yes",
        ] {
            let err = Page::parse(&Values::parse(query)).unwrap_err();
            assert_eq!(err.to_api("").status, 400, "{query}");
        }
    }

    #[test]
    fn the_result_tells_how_many_there_are() {
        let page = |query| Page::parse(&Values::parse(query)).unwrap();
        for (query, total, items, pages) in [
            ("perPage=2", Some(5), 5, 3),
            ("perPage=5", Some(5), 5, 1),
            ("", Some(0), 0, 0),
            ("", None, -1, -1),
        ] {
            let result = page(query).result(total);
            assert_eq!(result["totalItems"], json!(items), "{query}");
            assert_eq!(result["totalPages"], json!(pages), "{query}");
        }
    }
}
