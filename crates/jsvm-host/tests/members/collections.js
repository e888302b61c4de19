// Collections that a script makes and changes.
const made = new Collection({ name: "books", listRule: "", fields: [{ name: "title", type: "text", max: 5 }] })
is("new", [made.isNew(), made.type, made.id.slice(0, 4), made.fields.fieldNames()], [true, "base", "pbc_", ["id", "title"]])
made.fields.push(new NumberField({ name: "pages", onlyInt: true }))
made.fields.add({ name: "kind", type: "select", values: ["a", "b"], maxSelect: 1 }, new BoolField({ name: "read" }))
made.indexes.push("CREATE INDEX idx_pages ON books (pages)")
made.addIndex("idx_title", true, "title", "title != ''")
is("indexes", [made.indexes.length, made.getIndex("IDX_TITLE")], [2, "CREATE UNIQUE INDEX `idx_title` ON `books` (title) WHERE title != ''"])
$app.save(made)
is("saved", [made.isNew(), $app.hasTable("Books"), $app.hasTable("none"), made.created.isZero()], [false, true, false, false])
$app.save(new Record(made, { title: "one", pages: 3, kind: "a" }))
throws("unique", () => $app.save(new Record("books", { title: "one" })), "title: ")
throws("too long", () => $app.save(new Record(made, { title: "too long" })), "title: ")

// In place, by another handle.
const books = $app.findCollectionByNameOrId("books")
const fields = books.fields
is("the same list", fields === books.fields, true)
fields.addMarshaledJSONAt(1, '{"id":"passing1","name":"passing","type":"bool"}')
is("bytes", [JSON.parse(toString(fields.marshalJSON()))[1].id, books.fields[1].name], ["passing1", "passing"])
fields.removeById("passing1")
fields.getByName("kind").maxSelect = 2
fields.getByName("title").name = "heading"
fields.removeByName("read")
fields.addAt(1, new DateField({ name: "at" }))
is("seen", [books.fields.fieldNames(), books.fields.length, fields.getById("none")], [["id", "at", "heading", "pages", "kind"], 5, null])
books.indexes = books.indexes.filter((sql) => !sql.includes("title"))
books.viewRule = "pages > 1"
books.name = "Volumes"
$app.save(books)
const book = $app.findFirstRecordByData("Volumes", "heading", "one")
is("kept", [book.get("pages"), book.get("kind"), book.getString("at"), book.get("read")], [3, ["a"], "", undefined])
is("index", $app.findCollectionByNameOrId("Volumes").getIndex("idx_pages"), "CREATE INDEX `idx_pages` ON `Volumes` (pages)")
is("rule", $app.findCollectionByNameOrId("Volumes").viewRule == "pages > 1", true)
books.fields.getByName("kind").maxSelect = 1
$app.save(books)
is("one of many", $app.findRecordById("Volumes", book.id).get("kind"), "a")
// Two fields change places.
books.fields.getByName("heading").name = "pages_"
books.fields.getByName("pages").name = "heading"
books.fields.getByName("pages_").name = "pages"
books.indexes = []
$app.save(books)
is("changed places", [$app.findRecordById("volumes".replace("v", "V"), book.id)].map((it) => [it.get("pages"), it.get("heading")]), [["one", 3]])

// What is refused changes nothing.
const refused = (what, change, message) => {
    const draft = $app.findCollectionByNameOrId("Volumes")
    change(draft)
    throws(what, () => $app.save(draft), message)
    is(what + " left it", $app.findCollectionByNameOrId("Volumes").fields.fieldNames(), ["id", "at", "pages", "heading", "kind"])
}
refused("no name", (it) => { it.name = "" }, "name: ")
refused("a taken name", (it) => { it.name = "POSTS" }, "must be unique")
refused("an own table", (it) => { it.name = "_collections" }, "internal table")
refused("a bad name", (it) => { it.name = "a b" }, "valid format")
refused("a kind", (it) => { it.type = "auth" }, "type")
refused("a field twice", (it) => { it.fields.push(new TextField({ name: "KIND" })) }, "Duplicated")
refused("another type", (it) => { it.fields.add(new TextField({ name: "kind" })) }, "type cannot be changed")
refused("a relation to nothing", (it) => { it.fields.add(new RelationField({ name: "to", collectionId: "none" })) }, "doesn't exist")
refused("a rule", (it) => { it.listRule = "nope = 1" }, "Invalid rule")
refused("an index", (it) => { it.indexes.push("DROP TABLE posts") }, "CREATE INDEX")
refused("an index of nothing", (it) => { it.addIndex("idx_nope", false, "nope", "") }, "nope")
refused("no field", (it) => { it.fields.push({}) }, "no field")
throws("an unknown type", () => new Field({ name: "x", type: "colour" }), "no type of field")
throws("an unknown kind", () => new Collection({ name: "x", type: "tree" }), "unknown type")
throws("another option", () => { "use strict"; new BoolField({ name: "x" }).onlyInt = true }, "")

// Transactions.
throws("undone", () => $app.runInTransaction((tx) => {
    tx.save(new Collection({ name: "passing", fields: [{ name: "a", type: "text" }] }))
    tx.save(new Record(tx.findCollectionByNameOrId("passing"), { a: "b" }))
    is("inside", [tx.countRecords("passing"), tx.hasTable("passing")], [1, true])
    throw new Error("undo")
}), "undo")
is("gone", $app.hasTable("passing"), false)
throws("not found", () => $app.findCollectionByNameOrId("passing"), "")

// A view follows what it reads, or the change fails.
const view = new Collection({ name: "seen", type: "view", viewQuery: "SELECT id, pages, length(pages) AS size FROM Volumes" })
$app.save(view)
is("derived", view.fields.map((it) => it.name + ":" + it.type()), ["id:text", "pages:text", "size:json"])
is("a row", $app.findRecordsByFilter("seen", "pages = 'one'")[0].getInt("size"), 3)
refused("a field that a view reads", (it) => { it.viewRule = null; it.fields.removeByName("pages") }, "seen")
view.viewQuery = "SELECT id, kind FROM Volumes"
$app.save(view)
is("changed view", $app.findFirstRecordByData("seen", "kind", "a").get("pages"), null)

// Import, references, removal.
$app.importCollections([
    { name: "shelves", fields: [{ name: "book", type: "relation", collectionId: made.id, maxSelect: 1 }] },
    { name: "Volumes", deleteRule: "" },
], false)
is("imported", [$app.findCollectionByNameOrId("shelves").fields.fieldNames(), $app.findCollectionByNameOrId("Volumes").deleteRule == ""], [["id", "book"], true])
is("fields stay", $app.findCollectionByNameOrId("Volumes").fields.length, 5)
throws("referred to", () => $app.delete($app.findCollectionByNameOrId("Volumes")), "shelves")
$app.delete($app.findCollectionByNameOrId("shelves"))
throws("read by a view", () => $app.delete($app.findCollectionByNameOrId("Volumes")), "seen")
$app.delete(view)
$app.truncateCollection("Volumes")
is("empty", $app.countRecords("Volumes"), 0)
// Under whatever name a script calls it, it is its own table that goes.
books.name = "posts"
books.system = true
$app.delete(books)
throws("removed already", () => $app.delete(books), "no rows")
throws("never stored", () => $app.delete(new Collection({ name: "posts" })), "no rows")
is("others stay", [$app.hasTable("posts"), $app.countRecords("posts")], [true, 0])
is("removed", [$app.hasTable("Volumes"), $app.isCollectionNameUnique("Volumes"), $app.isCollectionNameUnique("POSTS"), $app.isCollectionNameUnique("posts", $app.findCollectionByNameOrId("posts").id)], [false, true, false, true])

// An auth collection has what it needs at once.
const people = new Collection({ type: "auth", name: "people" })
people.passwordAuth.identityFields = ["email", "verified"]
people.authRule = null
$app.save(people)
const stored = $app.findCollectionByNameOrId("people")
is("completed", stored.fields.fieldNames(), ["id", "password", "tokenKey", "email", "emailVisibility", "verified"])
is("options", [stored.passwordAuth.identityFields, stored.authRule, stored.authToken.duration], [["email", "verified"], null, 1209600])
is("tokens", [stored.verificationToken.duration, stored.passwordResetToken.duration, stored.emailChangeToken.duration, stored.fileToken.duration], [259200, 1800, 1800, 180])
is("rules of who signs in", [stored.manageRule, stored.baseFilesPath() === stored.id, stored.updated.isZero()], [null, true, false])
stored.otp.enabled = false
stored.mfa.enabled = false
stored.oauth2.enabled = false
stored.authAlert.enabled = true
for (const name of ["verificationTemplate", "resetPasswordTemplate", "confirmEmailChangeTemplate"]) stored[name].subject = name
$app.save(stored)
const again = $app.findCollectionByNameOrId("people")
is("parts", [again.otp.enabled, again.mfa.enabled, again.oauth2.enabled, again.authAlert.enabled], [false, false, false, true])
is("templates", [again.verificationTemplate.subject, again.resetPasswordTemplate.subject, again.confirmEmailChangeTemplate.subject], ["verificationTemplate", "resetPasswordTemplate", "confirmEmailChangeTemplate"])
stored.addIndex("idx_people", false, "verified", "")
stored.removeIndex("IDX_people")
is("removed index", stored.getIndex("idx_people"), "")
const secret = stored.authToken.secret
stored.unmarshalJSON(stored.string())
stored.authToken.duration = 60
is("secrets stay", [stored.authToken.secret === secret, secret.length, stored.string().includes(secret)], [true, 50, false])
stored.fields.removeByName("password")
$app.save(stored)
is("changed in place", $app.findCollectionByNameOrId("people").authToken.duration, 60)
is("a system field stays", stored.fields.getByName("password").required, true)

// Each kind of field keeps its options, and a field of it holds what it should.
const all = new Collection({ name: "all_kinds" })
all.fields.add(
    new TextField({ name: "text", min: 1, max: 9, pattern: "^a", autogeneratePattern: "a[0-9]{3}" }),
    new NumberField({ name: "number", min: 1, max: 5, onlyInt: true }),
    new BoolField({ name: "flag", presentable: true, help: "yes or no" }),
    new EmailField({ name: "mail", onlyDomains: ["x.com"] }),
    new URLField({ name: "address", exceptDomains: ["y.com"] }),
    new EditorField({ name: "html", maxSize: 99, convertURLs: true }),
    new DateField({ name: "day", min: "2020-01-01 00:00:00.000Z", max: "" }),
    new AutodateField({ name: "made", onCreate: true }),
    new SelectField({ name: "pick", values: ["a", "b"], maxSelect: 2 }),
    new FileField({ name: "file", maxSelect: 2, maxSize: 9, mimeTypes: ["text/plain"], thumbs: ["10x10"], protected: true }),
    new RelationField({ name: "self", collectionId: all.id, maxSelect: 2, minSelect: 0, cascadeDelete: true }),
    new JSONField({ name: "data", maxSize: 99 }),
    new PasswordField({ name: "secret", min: 3, max: 70, pattern: "", cost: 10 }),
    new GeoPointField({ name: "place" }),
)
const before = all.fields.map((it) => JSON.stringify(it))
$app.save(all)
is("options are kept", $app.findCollectionByNameOrId("all_kinds").fields.map((it) => JSON.stringify(it)), before)
is("file field", new Record(all, { file: "a_1.txt" }).findFileFieldByFile("a_1.txt").name, "file")
const copy = all.fields.clone()
copy.unmarshalJSON('[{"name":"only","type":"text"}]')
is("a copy", [copy.fieldNames(), all.fields.length], [["only"], 15])
const row = new Record(all, { number: 3, mail: "a@x.com", address: "http://z.com/", pick: ["a", "b"], place: { lon: 1, lat: 2 }, day: "2024-02-03", secret: "abc", data: [1] })
$app.save(row)
const found = $app.findRecordById("all_kinds", row.id)
is("values", [found.getString("text").length, found.getInt("number"), found.get("flag"), found.get("pick"), found.getGeoPoint("place").lat, found.get("made").isZero()], [4, 3, false, ["a", "b"], 2, false])
throws("limits hold", () => $app.save(new Record(all, { number: 2.5, mail: "a@y.com" })), "number: ")
$app.importCollectionsByMarshaledJSON('[{"name":"all_kinds","createRule":""}]', false)
is("imported text", $app.findCollectionByNameOrId("all_kinds").createRule == "", true)
$app.saveNoValidate(all)
$app.validate(all)

// Values.
const list = new FieldsList([{ name: "a", type: "text" }, new URLField({ name: "b", exceptDomains: ["x.com"] })])
is("list", [list.length, list[1].exceptDomains, list[1] instanceof URLField, list[0] instanceof URLField, Object.keys(list.asMap())], [2, ["x.com"], true, false, ["a", "b"]])
is("json", JSON.parse(list.string())[1].exceptDomains, ["x.com"])
list.addMarshaledJSON('{"name":"c","type":"number","min":2}')
is("from text", [list.getByName("c").min, list.getByName("c").max], [2, null])
const other = new Collection()
other.unmarshalJSON('{"name":"other","fields":[{"name":"x","type":"geoPoint"}]}')
is("read", [other.name, other.fields.fieldNames(), other.tableName(), other.lastSavedPK()], ["other", ["id", "x"], "_collections", ""])
