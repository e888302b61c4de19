// What happened to posts, as records of their own.

// One function for three hooks: each gets its source text.
const audit = (e) => {
    e.next();
    const entry = new Record($app.findCollectionByNameOrId("audit"));
    entry.set("action", e.type);
    entry.set("entry", e.record.id);
    entry.set("text", e.record.getString("title"));
    // A save inside of a hook runs the hooks of that save, such as the one
    // below, under what is left of the same time limit.
    $app.save(entry);
};
onRecordAfterCreateSuccess(audit, "posts");
onRecordAfterUpdateSuccess(audit, "posts");
onRecordAfterDeleteSuccess(audit, "posts");

onRecordCreate((e) => {
    e.record.set("text", `${e.record.getString("action")}: ${e.record.getString("text")}`);
    e.next();
    console.log("audit:", e.record.getString("text"));
}, "audit");
