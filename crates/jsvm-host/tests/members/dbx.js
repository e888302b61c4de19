// Conditions of queries.
for (const [title, views] of [["a", 1], ["b", 2], ["c", 3], ["d", 4]]) {
    $app.save(new Record("posts", { title, views }))
}
const found = (...conditions) => $app.findAllRecords("posts", ...conditions).map((it) => it.get("title")).sort().join("")
is("between", [found($dbx.between("views", 2, 3)), found($dbx.notBetween("views", 2, 3))], ["bc", "ad"])
is("in", [found($dbx.in("views", 1, 4)), found($dbx.notIn("views", 1, 4)), found($dbx.in("views"))], ["ad", "bc", ""])
is("like", [found($dbx.like("title", "a")), found($dbx.notLike("title", "a", "b"))], ["a", "cd"])
is("or like", [found($dbx.orLike("title", "a", "b")), found($dbx.orNotLike("title", "a", "b"))], ["ab", "abcd"])
is("and", [found($dbx.and($dbx.exp("views > 1"), $dbx.exp("views < 3"))), found($dbx.or($dbx.exp("views = 1"), $dbx.exp("views = 3")))], ["b", "ac"])
is("exists", [found($dbx.exists($dbx.exp("SELECT 1"))), found($dbx.notExists($dbx.exp("SELECT 1")))], ["abcd", ""])
is("first", $app.findFirstRecordByFilter("posts", "views > {:n}", { n: 3 }).get("title"), "d")
throws("none", () => $app.findFirstRecordByFilter("posts", "views > 9"), "no rows")

const db = $app.db()
const query = db.newQuery("SELECT 1")
is("context", [query.context().err(), db.select("id").context().err(), $app.recordQuery("posts").context().err()], [null, null, null])
is("last error", query.lastError, null)
is("place holder", [db.generatePlaceholder(1), db.queryBuilder().select("id").from("posts").build().sql()], ["?", "SELECT `id` FROM `posts`"])
for (const name of ["addPrimaryKey", "dropPrimaryKey", "addForeignKey", "dropForeignKey"]) {
    throws(name, () => db[name]("posts", "x", "id"), "SQLite")
}
throws("by name", () => { db.addPrimaryKey("posts", "x"); db.dropPrimaryKey("posts", "x"); db.addForeignKey("posts", "x", [], [], ""); db.dropForeignKey("posts", "x") })
