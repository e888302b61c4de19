// Building and running queries.
const db = $app.db()
for (const [title, views] of [["a", 1], ["b", 2], ["c", 3], ["c", 4]]) {
    $app.save(new Record($app.findCollectionByNameOrId("posts"), { title, views }))
}
is("quoted", [db.quote("it's"), db.quoteSimpleTableName("posts"), db.quoteSimpleColumnName("title")], ["'it''s'", "`posts`", "`title`"])
const titles = (query) => {
    const rows = arrayOf(new DynamicModel({ title: "" }))
    query.all(rows)
    return rows.map((it) => it.title)
}
const all = () => db.select("title").from("posts")
is("where", titles(all().where($dbx.exp("views > {:n}", { n: 2 })).orWhere($dbx.exp("views = 1")).andWhere($dbx.exp("title != 'x'")).orderBy("views DESC")), ["c", "c", "a"])
is("limits", titles(all().orderBy("title").andOrderBy("views").limit(2).offset(1)), ["b", "c"])
is("distinct", titles(all().distinct(true).orderBy("title")), ["a", "b", "c"])
is("bound", titles(all().where($dbx.exp("views = {:a} OR views = {:b}")).bind({ a: 1 }).andBind({ b: 2 }).orderBy("views")), ["a", "b"])
is("grouped", titles(db.select("title").andSelect("views").from("posts").groupBy("title").andGroupBy("views").having($dbx.exp("views > 1")).andHaving($dbx.exp("views < 4")).orHaving($dbx.exp("views = 1")).orderBy("views")), ["a", "b", "c"])
is("joined", titles(db.select("posts.title").from("posts").innerJoin("posts other", $dbx.exp("other.views = posts.views + 1")).leftJoin("posts more", $dbx.exp("more.views = -1")).orderBy("posts.views")), ["a", "b", "c"])
is("right", titles(db.select("posts.title").from("posts").rightJoin("posts other", $dbx.exp("other.id = posts.id")).where($dbx.exp("posts.views = 1"))), ["a"])
is("built", all().where($dbx.exp("views = 1")).build().sql(), "SELECT `title` FROM `posts` WHERE views = 1")
const query = db.newQuery("SELECT title FROM posts WHERE views = {:v}").bind({ v: 2 })
is("query", [query.sql(), query.params().v], ["SELECT title FROM posts WHERE views = {:v}", 2])
is("one", (() => { const row = new DynamicModel({ title: "" }); query.one(row); return row.title })(), "b")
