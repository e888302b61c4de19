//! What filters compute that SQLite does not.
//!
//! The one rule: a function of SQL is deterministic, and null in is null out.
//! Knows nothing of filters.

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    types::ValueRef,
};

/// The name under which filters call [`distance`].
pub(super) const GEO_DISTANCE: &str = "geo_distance";

/// Adds the functions to a connection.
pub(super) fn add(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(GEO_DISTANCE, 4, flags, |context| {
        let parts = [0, 1, 2, 3].map(|at| number(context, at));
        let [Some(lon_a), Some(lat_a), Some(lon_b), Some(lat_b)] = parts else {
            return Ok(None);
        };
        Ok(Some(distance((lon_a, lat_a), (lon_b, lat_b))))
    })
}

fn number(context: &Context<'_>, at: usize) -> Option<f64> {
    match context.get_raw(at) {
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Real(number) => Some(number),
        ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// Kilometres between two points, each a longitude and a latitude in degrees.
fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    const EARTH_RADIUS: f64 = 6371.0;
    let (lon_a, lat_a) = (a.0.to_radians(), a.1.to_radians());
    let (lon_b, lat_b) = (b.0.to_radians(), b.1.to_radians());
    let cosine = lat_a.cos() * lat_b.cos() * (lon_b - lon_a).cos() + lat_a.sin() * lat_b.sin();
    // Rounding may push the cosine past 1, where there is no angle.
    EARTH_RADIUS * cosine.clamp(-1.0, 1.0).acos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_kilometres() {
        let (sofia, berlin) = ((23.32, 42.7), (13.4, 52.52));
        assert!((distance(sofia, berlin) - 1319.0).abs() < 5.0);
        assert_eq!(distance(sofia, sofia), 0.0);
    }

    #[test]
    fn what_is_no_number_is_nowhere() {
        let connection = Connection::open_in_memory().unwrap();
        add(&connection).unwrap();
        let ask = |sql: &str| {
            connection
                .query_row(&format!("SELECT {sql}"), [], |row| {
                    row.get::<_, Option<f64>>(0)
                })
                .unwrap()
        };
        assert_eq!(ask("geo_distance(1, '2', 1.0, 2)"), Some(0.0));
        assert_eq!(ask("geo_distance(1, NULL, 1, 2)"), None);
        assert_eq!(ask("geo_distance('x', 1, 1, 2)"), None);
    }
}
