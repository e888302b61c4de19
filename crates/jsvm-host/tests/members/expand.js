// What relations of records are expanded to.
const make = (text, values) => {
    const note = new Record($app.findCollectionByNameOrId("notes"), { text, ...values })
    $app.save(note)
    return note
}
const root = make("root")
const left = make("left", { parent: root.id })
const leaf = make("leaf", { parent: left.id, others: [root.id, left.id] })
is("nothing yet", leaf.expand(), {})
is("no errors", Object.keys($app.expandRecord(leaf, ["parent.parent", "others", "parent"], null)), [])
is("one", leaf.expandedOne("parent").get("text"), "left")
is("one behind it", leaf.expandedOne("parent").expandedOne("parent").id, root.id)
is("all", leaf.expandedAll("others").map((it) => it.get("text")), ["root", "left"])
is("first of all", leaf.expandedOne("others").id, root.id)
is("all of one", leaf.expandedAll("parent").length, 1)
is("none", [leaf.expandedOne("none"), leaf.expandedAll("none")], [null, null])
is("names", Object.keys(leaf.expand()), ["others", "parent"])
is("exported", leaf.publicExport().expand.parent.expand.parent.text, "root")
leaf.expandedOne("parent").set("text", "changed")
is("not a copy", leaf.expand().parent.get("text"), "changed")
is("the original has none", leaf.original().expand(), {})

const errors = $app.expandRecord(left, ["nope", "parent.nope", "parent"], null)
is("errors by path", Object.keys(errors), ["nope", "parent.nope"])
is("an error", String(errors.nope.message), 'couldn\'t find relation field "nope" in collection "notes"')
is("nothing on the way to an error", left.expand(), {})
is("back", Object.keys($app.expandRecords([root, left], ["notes_via_parent"])), [])
is("who points back", [root, left].map((it) => it.expandedAll("notes_via_parent")[0].get("text")), ["left", "leaf"])

const asked = []
const own = (collection, ids) => { asked.push(collection.name, ids.length); return [root] }
is("own fetch", $app.expandRecord(left, ["parent"], own), {})
is("asked", [asked, left.expandedOne("parent").id], [["notes", 1], root.id])
const failing = $app.expandRecord(leaf, ["parent"], () => { throw new BadRequestError("not this one") })
is("own error", failing.parent.message, "Not this one.")
is("own nonsense", Object.keys($app.expandRecord(leaf, ["parent"], () => 5)), ["parent"])

const one = make("one")
one.setExpand({ parent: root, others: [left, leaf], note: { a: 1 } })
is("set", [one.expandedOne("parent").id, one.expandedAll("others").length, one.expand().note], [root.id, 2, { a: 1 }])
one.mergeExpand({ others: [make("more")], parent: left })
is("merged", [one.expandedAll("others").length, one.expandedOne("parent").id], [3, left.id])
one.setExpand({})
is("cleared", one.expand(), {})
throws("itself", () => one.setExpand({ parent: one }), "a record cannot be expanded to itself")
const two = make("two")
two.setExpand({ parent: one })
throws("itself at last", () => one.mergeExpand({ others: [two] }), "a record cannot be expanded to itself")
throws("no record", () => $app.expandRecord({}, ["parent"]), "not a Record")
throws("no records", () => $app.expandRecords([1], ["parent"]), "no list of records")

// A chain is as long as memory allows, and nothing of it is followed by recursion.
let end = make("end")
const start = end
for (let i = 0; i < 50000; i++) {
    const next = new Record(end.collection(), { id: "x" + i })
    end.setExpand({ parent: next })
    end = next
}
let shown = 0
for (let at = start.publicExport(); at; at = at.expand?.parent) shown++
is("depth that is shown", shown, 33)
// A record that stands at many places is shown at as many, up to a size.
let top = new Record(end.collection(), { text: "x".repeat(1 << 20) })
for (let i = 0; i < 20; i++) {
    const above = new Record(end.collection())
    above.setExpand({ parent: top, others: [top, top] })
    top = above
}
is("size that is shown", JSON.stringify(top).length < (70 << 20), true)
