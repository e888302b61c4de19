//! XML of a body, as far as a flat object can be read from it.
//!
//! The one rule: nothing outside of the text is looked at, and an entity that
//! the text itself defines is an error. Knows nothing of fields and types.

use super::BodyError;
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, Event},
};

/// The elements inside of the outermost one, in order, with their own text.
///
/// # Errors
///
/// [`BodyError::Invalid`] for what is not well formed, is not UTF-8, or has
/// no element at all.
pub fn parse_xml(body: &[u8]) -> Result<Vec<(String, String)>, BodyError> {
    let text = str::from_utf8(body).map_err(|err| invalid(&err))?;
    let mut reader = Reader::from_str(text);
    let mut elements: Vec<(String, String)> = Vec::new();
    let (mut depth, mut has_root) = (0_usize, false);
    loop {
        let event = reader.read_event().map_err(|err| invalid(&err))?;
        let own_text = match event {
            Event::Start(tag) => {
                has_root = true;
                depth += 1;
                if depth == 2 {
                    elements.push((tag.local_name().as_ref().to_owned(), String::new()));
                }
                continue;
            }
            Event::Empty(tag) => {
                has_root = true;
                if depth == 1 {
                    elements.push((tag.local_name().as_ref().to_owned(), String::new()));
                }
                continue;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::Text(text) => text.xml10_content().into_owned(),
            Event::CData(text) => text.xml10_content().into_owned(),
            Event::GeneralRef(entity) => resolved(&entity)?,
            Event::Eof if has_root && depth == 0 => return Ok(elements),
            Event::Eof => return Err(invalid("EOF")),
            _ => continue,
        };
        if let (2, Some((_, text))) = (depth, elements.last_mut()) {
            text.push_str(&own_text);
        }
    }
}

fn resolved(entity: &BytesRef<'_>) -> Result<String, BodyError> {
    if let Some(c) = entity.resolve_char_ref().map_err(|err| invalid(&err))? {
        return Ok(c.to_string());
    }
    let known = resolve_predefined_entity(entity).map(str::to_owned);
    known.ok_or_else(|| invalid(&format!("invalid character entity &{};", &**entity)))
}

fn invalid(err: &(impl ToString + ?Sized)) -> BodyError {
    BodyError::Invalid(err.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_with_their_text() {
        let text = "<?xml version=\"1.0\"?><!-- c --><order a=\"1\">\n <Name>A &amp; &#66;</Name><ns:Qty> 3 </ns:Qty>\
            <Empty/><Deep>x<Inner>lost</Inner>y</Deep><Raw><![CDATA[<b>]]></Raw></order>";
        let elements = parse_xml(text.as_bytes()).unwrap();
        let elements: Vec<_> = elements.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(
            elements,
            [
                ("Name", "A & B"),
                ("Qty", " 3 "),
                ("Empty", ""),
                ("Deep", "xy"),
                ("Raw", "<b>")
            ]
        );
    }

    #[test]
    fn what_is_broken_or_expands_is_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><x><Y>&b;</Y></x>";
        let file = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><x><Y>&f;</Y></x>";
        for text in [
            "",
            "text",
            "<a>",
            "<a><b></a>",
            "<a></b>",
            "<a",
            bomb,
            file,
            "<a>\u{0}&#0;</a>",
        ] {
            assert!(parse_xml(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse_xml(b"<a>\xff</a>").is_err());
        let deep = "<a>".repeat(200_000);
        assert!(parse_xml(deep.as_bytes()).is_err());
    }
}
