//! The known name that is meant by an unknown one.
//!
//! The one rule: better none than a wild guess.

/// What is longer than any name is nobody's typing error.
const LONGEST: usize = 100;

/// The known name that differs least, if it is close enough to be meant.
///
/// Capitals do not count: `findRecordByID` is meant to be `findRecordById`.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let farthest = match name.len() {
        0..=3 => 0,
        4..=7 => 1,
        8..=15 => 2,
        16..=LONGEST => name.len() / 5,
        _ => return None,
    };
    let name = name.to_ascii_lowercase();
    known
        .filter(|it| it.len().abs_diff(name.len()) <= farthest)
        .map(|it| {
            (
                strsim::damerau_levenshtein(&name, &it.to_ascii_lowercase()),
                it,
            )
        })
        .filter(|(distance, _)| *distance <= farthest)
        .min()
        .map(|(_, it)| it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_close_is_meant() {
        let known = ["onRecordCreate", "onRecordUpdate", "md5", "routerAdd"];
        for (name, meant) in [
            ("onRecordCraete", Some("onRecordCreate")),
            ("onrecordcreate", Some("onRecordCreate")),
            ("routerAd", Some("routerAdd")),
            ("MD5", Some("md5")),
            ("md4", None),
            ("onPayload", None),
            (&"x".repeat(5000), None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), meant, "{name}");
        }
    }
}
