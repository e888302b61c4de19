//! Pages that hooks make from templates.

use crate::site::{Plan, Site};
use serde_json::json;
use std::time::Duration;

const HOOKS: &str = r#"
    $template.addFuncs({ shout: (text) => text.toUpperCase() })
    routerAdd("GET", "/files", (e) => {
        const html = $template.loadFiles("views/layout.html", "views/page.html").render({ name: "<Ann>", list: [1, 2] })
        return e.html(200, html)
    })
    routerAdd("GET", "/fs", (e) => e.html(200, $template.loadFS($os.dirFS("views"), "lay*.html", "page.html").render({ name: "Bea" })))
    routerAdd("GET", "/own", (e) => {
        const calls = []
        const page = $template.addFuncs({ twice: (text, n) => { calls.push([text, n]); return text + text }, bad: () => { throw new BadRequestError("no") } })
            .loadString("{{range .}}{{twice . 2}},{{end}}")
        const out = [page.render(["a", "<"]), calls]
        const why = (work) => { try { return work() } catch (err) { return err.name + ": " + err.message } }
        out.push(why(() => $template.loadString("{{bad}}").render()))
        out.push(why(() => $template.loadString("{{nope}}").render()))
        out.push(why(() => $template.addFuncs({ five: 5 })))
        out.push(why(() => $template.addFuncs({ "a b": () => 1 })))
        out.push(why(() => $template.loadFiles("secret.html").render()))
        out.push(why(() => $template.loadFiles("views/none.html").render()).slice(-25))
        out.push(why(() => $template.loadFiles().render()))
        out.push(why(() => $template.loadFS("views", "*").render()))
        out.push(why(() => $template.loadFS($os.dirFS("views"), "*.txt").render()))
        const record = new Record($app.findCollectionByNameOrId("posts"), { title: "T" })
        out.push($template.loadString("{{.record.title}} {{.when}}").render({ record, when: new DateTime("2022-01-01") }))
        return e.json(200, out)
    })
    routerAdd("GET", "/long", (e) => {
        const list = Array.from({ length: 990 }, (_, i) => i)
        return e.html(200, $template.loadString("{{range .}}{{range $}}x{{end}}{{end}}").render(list).length + "")
    })
    routerAdd("GET", "/endless", (e) => {
        $template.addFuncs({ spin: () => { for (;;) {} } })
        $template.loadString("{{spin}}").render()
    })
"#;

#[test]
fn templates_are_rendered_as_in_go() {
    let site = Site::new(Plan {
        hooks: HOOKS,
        config: "[sandbox]\nread = [\"views\"]".into(),
        schema: json!([{ "name": "posts", "type": "base", "fields": [{ "name": "title", "type": "text" }] }]),
        files: &[
            (
                "views/layout.html",
                "<title>{{block \"title\" .}}none{{end}}</title>{{template \"body\" .}}",
            ),
            (
                "views/page.html",
                "{{define \"title\"}}Hi {{.name}}{{end}}{{define \"body\"}}{{range .list}}<li>{{.}}</li>{{else}}empty{{end}}{{end}}",
            ),
            ("secret.html", "secret"),
        ],
        timeout: Some(Duration::from_secs(2)),
        ..Plan::default()
    });
    let files = site.get("/files");
    assert_eq!(files.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        files.body,
        "<title>Hi &lt;Ann&gt;</title><li>1</li><li>2</li>"
    );
    assert_eq!(site.get("/fs").body, "<title>Hi Bea</title>empty");
    assert_eq!(
        site.get("/own").json(),
        json!([
            "aa,&lt;&lt;,",
            [["a", 2], ["<", 2]],
            "undefined: No.",
            "GoError: template: undefined function: nope",
            "GoError: $template.addFuncs: \"five\" is no function",
            "GoError: $template.addFuncs: \"a b\" is no name",
            "GoError: secret.html may not be read (add its directory to sandbox.read)",
            "no such file or directory",
            "GoError: template: no files named in call to ParseFiles",
            "GoError: $template.loadFS wants $os.dirFS(path) and patterns",
            "GoError: template: pattern matches no files: \"*.txt\"",
            "T 2022-01-01 00:00:00.000Z",
        ])
    );
    assert_eq!(site.get("/long").body, "980100");
    assert_eq!(site.get("/endless").status, 503);
}
