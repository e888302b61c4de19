//! What passes the scan, what does not, and what tried to hide from it.

use super::*;

const DEPTH: usize = 400;

fn is_deep(text: &str) -> bool {
    matches!(scan(text, DEPTH), Err(Objection::TooDeep(_)))
}

#[test]
fn honest_source_passes() {
    let deep = format!("{}1{}", "(".repeat(390), ")".repeat(390));
    for text in [
        "const a = { b: [1, `x${{ c: \"(\" }}`] } // ((((",
        "const half = (a + b) / 2, name = 'it\u{2019}s' / 3; if (x) /'/.test(y)",
        "let ratio = 1./2 + list[0]/'a'.length; x++ / 2",
        "const f = s => s.replace(/[/\"'`]/g, '')",
        "for await (const x of y) /'/.test(x)",
        "return.call / 2 + 'a'",
        &format!("let list = [{}]", "1,".repeat(300_000)),
        &format!("switch (a) {{ {} }}", "case 1: b();".repeat(20_000)),
        &format!("x = {}1", "1 + ".repeat(19_000)),
        &format!("x = {{ {} }}", "a: 1,".repeat(50_000)),
        &"if (a) { b() } else { c() }\n".repeat(3000),
        &"if (a) b(); else c();\n".repeat(3000),
        &"const f = a => b => c\n;".repeat(3000),
        &"function f() { return '(' }\n".repeat(3000),
        &deep,
    ] {
        let shown: String = text.chars().take(60).collect();
        assert_eq!(scan(text, DEPTH), Ok(()), "{shown}");
    }
}

#[test]
fn absurd_source_is_refused() {
    assert!(is_deep(&"for(;;)".repeat(1000)));
    let chain = format!(
        "{}a{}",
        "(".repeat(12),
        format!("{})", "+a".repeat(3500)).repeat(12)
    );
    assert!(is_deep(&chain), "one chain in another");
    for unit in [
        "(",
        "[",
        "{a:",
        "`${",
        "!",
        "a+",
        "a?b:",
        "x=>",
        "if(1)",
        ".a",
        "else if(1){}",
        "class extends ",
        "async x=>",
        "a=",
        "a**",
        "-",
        "typeof ",
        "new ",
        "with(a)",
        "a,",
        "a:",
        "a?{}:",
        "{}+",
        "a={}=",
        "else a;",
        "!!!!!!!!!(",
        "a ? b : (",
    ] {
        assert!(is_deep(&unit.repeat(120_000)), "{unit}");
    }
}

#[test]
fn depth_does_not_hide_in_what_looks_like_text() {
    let deep = "(".repeat(1000);
    for start in [
        "/'/;",
        "/[/*]/;",
        "/[/`]/;",
        "{ break\n/'/;",
        "class A extends /'/ {};",
        "if (a) /'/;",
        "for await (a of b) /'/;",
        "return /'/;",
        "return\u{a0}/'/;",
        "return\u{feff}/`/;",
        "[...typeof /'/,",
        "// a\u{2028}",
        "// a\r",
        "\"\\\r\n\" ",
        "#!/`\n",
        "a = `${`${1}`}`;",
        "$if(a)/'/;'/;",
    ] {
        let result = scan(&format!("{start}{deep}"), DEPTH);
        assert!(
            matches!(result, Err(Objection::TooDeep(_))),
            "{start:?} {result:?}"
        );
    }
}

#[test]
fn what_cannot_be_told_apart_is_refused_if_it_could_hide() {
    let deep = "(".repeat(1000);
    assert_eq!(scan("{} /'/.a", DEPTH), Err(Objection::AmbiguousSlash(3)));
    assert_eq!(scan("a++ /`/.a", DEPTH), Err(Objection::AmbiguousSlash(4)));
    assert_eq!(scan("yield /\"/", DEPTH), Err(Objection::AmbiguousSlash(6)));
    let hidden = format!("{{}} /a*/{}/", "(".repeat(1000));
    assert_eq!(scan(&hidden, DEPTH), Err(Objection::TooDeep(406)));
    assert_eq!(
        scan("let a\n/'/.b", DEPTH),
        Err(Objection::AmbiguousSlash(6))
    );
    assert_eq!(scan("f(a\n / 2) // it's", DEPTH), Ok(()));
    assert_eq!(scan("{} /a/.test(b)", DEPTH), Ok(()));
    let line = format!("{}{{}}/{}/", "(".repeat(399), ")".repeat(399));
    assert!(is_deep(&format!("{line}\n((")), "closing brackets in text");
    for comment in ["a <!-- `\n", "a\n --> `\n", "--> '\n", "/*\n*/ --> `\n"] {
        assert!(is_deep(&format!("{comment}{deep}")), "{comment}");
        assert_eq!(scan(comment, DEPTH), Ok(()), "{comment}");
    }
    let code = format!("x /* c */ --> {deep}");
    assert!(is_deep(&code), "what is no comment does not hide");
    assert_eq!(scan("while (a --> 0);", DEPTH), Ok(()));
    assert_eq!(scan("a = '<!-- -->' + `\n--> <!--`", DEPTH), Ok(()));
}
