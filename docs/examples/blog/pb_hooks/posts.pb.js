// What a post must be.

// Every post gets a slug that no other post has.
onRecordCreate((e) => {
    const wanted = e.record.getString("slug") || e.record.getString("title");
    const base = wanted.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "post";

    // A helper must be inside of the handler that uses it.
    const isTaken = (slug) =>
        $app.findRecordsByFilter("posts", "slug = {:slug}", "", 1, 0, { slug }).length > 0;

    let slug = base;
    for (let number = 2; isTaken(slug); number++) {
        slug = `${base}-${number}`;
    }
    e.record.set("slug", slug);

    if (e.record.getString("status") === "") {
        e.record.set("status", "draft");
    }

    // Without this the post would not be stored, and nobody would be told.
    e.next();
}, "posts");

// What the schema cannot say. The client gets a 400 that names each field.
onRecordValidate((e) => {
    const errors = {};
    const title = e.record.getString("title");
    if (title !== "" && !/[\p{L}\p{N}]/u.test(title)) {
        errors.title = new ValidationError("title_without_words", "A title needs a letter or a digit");
    }
    if (e.record.getString("status") === "published" && e.record.getString("body") === "") {
        errors.body = new ValidationError("body_required", "A published post needs a body");
    }
    if (Object.keys(errors).length > 0) {
        throw new BadRequestError("The post is not ready", errors);
    }
    e.next();
}, "posts");
