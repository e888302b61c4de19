//! Variables of the environment that look like configuration and are none.
//!
//! The one rule: nothing is refused for them, because others may have set
//! them; but nobody has to wonder why one changes nothing.

use jsvm::Config;

/// What this program reads besides the keys of the configuration.
const OTHERS: &[&str] = &["JSVM_LOG", "JSVM_SUPERUSER"];

/// Tells each `JSVM_…` variable that nothing reads.
pub(crate) fn warn_of_unknown() {
    let known: Vec<String> = Config::variables().collect();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| is_unknown(name, &known)) {
        let cure = match nearest(&name, &known) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "a variable is called JSVM_TABLE_KEY, as JSVM_LIMITS_TIMEOUT".into(),
        };
        eprintln!("warning: {name} is no key of the configuration, and changes nothing; {cure}");
    }
}

fn is_unknown(name: &str, known: &[String]) -> bool {
    name.starts_with("JSVM_")
        && !OTHERS.contains(&name)
        && !known.iter().any(|it| it == name)
        && !is_of_a_service(name)
}

/// Kubernetes tells every container of every service, and one may be called
/// `jsvm`: `JSVM_SERVICE_HOST`, `JSVM_PORT_8090_TCP_ADDR`.
fn is_of_a_service(name: &str) -> bool {
    name.contains("_SERVICE_") || name.ends_with("_PORT") || name.contains("_PORT_")
}

fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let key = name.trim_start_matches("JSVM");
    let distance = |it: &&String| strsim::damerau_levenshtein(name, it);
    // A table that was left out: of two, the shorter name.
    known
        .iter()
        .filter(|it| it.ends_with(key))
        .min_by_key(|it| it.len())
        .or_else(|| {
            known
                .iter()
                .filter(|it| distance(it) <= 2)
                .min_by_key(distance)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_nothing_reads_is_told_with_what_was_meant() {
        let known: Vec<String> = Config::variables().collect();
        for (name, meant) in [
            ("JSVM_LIMITS_TIMOUT", Some("JSVM_LIMITS_TIMEOUT")),
            ("JSVM_TIMEOUT", Some("JSVM_LIMITS_TIMEOUT")),
            ("JSVM_SOMETHING_ELSE", None),
        ] {
            assert!(is_unknown(name, &known), "{name}");
            assert_eq!(nearest(name, &known).map(String::as_str), meant, "{name}");
        }
        for name in [
            "JSVM_LIMITS_TIMEOUT",
            "JSVM_LOG",
            "JSVM_SERVICE_HOST",
            "JSVM_PORT_8090_TCP",
            "PATH",
        ] {
            assert!(!is_unknown(name, &known), "{name}");
        }
    }
}
