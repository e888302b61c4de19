//! The expressions of `$dbx`, as the text that they become.

use crate::world::World;
use jsvm_bindings::http::Request;

fn built(expression: &str) -> String {
    let handler = format!(
        "routerAdd('GET', '/', (e) => {{
            const params = {{}}
            const sql = $dbx.{expression}.build($app.db(), params)
            return e.string(200, sql + ' ' + JSON.stringify(params))
        }})"
    );
    let world = World::new(&handler);
    let answer = world.send(Request::default()).unwrap();
    String::from_utf8(answer.body).unwrap()
}

#[test]
fn dbx_expressions_build_their_sql() {
    for (expression, wanted) in [
        ("exp('a = 1')", "a = 1 {}"),
        ("exp('a = {:x}', { x: 1 })", r#"a = {:x} {"x":1}"#),
        (
            "hashExp({ a: 1, b: null, c: true })",
            r#"`a`={:p0} AND `b` IS NULL AND `c`={:p1} {"p0":1,"p1":true}"#,
        ),
        ("not($dbx.exp('a = 1'))", "NOT (a = 1) {}"),
        (
            "and($dbx.exp('a = 1'), $dbx.exp('b = 2'))",
            "(a = 1) AND (b = 2) {}",
        ),
        (
            "or($dbx.exp('a = 1'), null, $dbx.exp('b = 2'))",
            "(a = 1) OR (b = 2) {}",
        ),
        (
            "in('a', 1, 2, 3)",
            r#"`a` IN ({:p0}, {:p1}, {:p2}) {"p0":1,"p1":2,"p2":3}"#,
        ),
        (
            "notIn('a', 1, 2)",
            r#"`a` NOT IN ({:p0}, {:p1}) {"p0":1,"p1":2}"#,
        ),
        (
            "like('a', 't1', 't2').match(true, false)",
            r#"`a` LIKE {:p0} ESCAPE '\' AND `a` LIKE {:p1} ESCAPE '\' {"p0":"%t1","p1":"%t2"}"#,
        ),
        (
            "orLike('a', 't1', 't2').match(false, true)",
            r#"`a` LIKE {:p0} ESCAPE '\' OR `a` LIKE {:p1} ESCAPE '\' {"p0":"t1%","p1":"t2%"}"#,
        ),
        (
            "notLike('a', '5%')",
            r#"`a` NOT LIKE {:p0} ESCAPE '\' {"p0":"%5\\%%"}"#,
        ),
        (
            "orNotLike('a', 'x*').escape('*', '%')",
            r#"`a` NOT LIKE {:p0} ESCAPE '\' {"p0":"%x%%"}"#,
        ),
        ("exists($dbx.exp('a = 1'))", "EXISTS (a = 1) {}"),
        ("notExists($dbx.exp('a = 1'))", "NOT EXISTS (a = 1) {}"),
        (
            "between('a', 1, 2)",
            r#"`a` BETWEEN {:p0} AND {:p1} {"p0":1,"p1":2}"#,
        ),
        (
            "notBetween('a.b', 1, 2)",
            r#"`a`.`b` NOT BETWEEN {:p0} AND {:p1} {"p0":1,"p1":2}"#,
        ),
    ] {
        assert_eq!(built(expression), wanted, "{expression}");
    }
}
