// Routes, a middleware and a cron job.
//
// A handler runs in other VMs than this file: it sees what it defines itself,
// its event and the globals, but no variable of the file around it.

routerUse((e) => {
    // Before e.next(): once the answer is written, its headers are sent.
    e.response.header().set("X-Blog", "jsvm");
    return e.next();
});

routerAdd("GET", "/hello/{name}", (e) => {
    const name = e.request.pathValue("name");
    return e.json(200, { message: `Hello ${name}!` });
});

routerAdd("GET", "/published", (e) => {
    const posts = $app.findRecordsByFilter("posts", "status = 'published'", "-created", 20, 0);
    return e.json(200, posts.map((post) => ({
        title: post.getString("title"),
        slug: post.getString("slug"),
    })));
});

// Never ends by itself. It is stopped at its deadline and answered with 503;
// other requests are served meanwhile.
routerAdd("GET", "/runaway", (e) => {
    for (;;) {}
});

// Every minute, in UTC.
cronAdd("count posts", "* * * * *", () => {
    console.log("posts:", $app.countRecords("posts"));
});
