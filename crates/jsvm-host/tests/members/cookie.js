// A cookie as a header; PocketBase: net/http writes it so.
const cookie = new Cookie({
    name: "example_name",
    value: "example_value",
    path: "/example_path",
    domain: "example.com",
    maxAge: 10,
    secure: true,
    httpOnly: true,
    sameSite: 3,
})
is("text", cookie.string(), "example_name=example_value; Path=/example_path; Domain=example.com; Max-Age=10; HttpOnly; Secure; SameSite=Strict")
is("members", [cookie.name, cookie.path, cookie.domain, cookie.maxAge, cookie.secure, cookie.httpOnly, cookie.sameSite], ["example_name", "/example_path", "example.com", 10, true, true, 3])
is("valid", cookie.valid(), undefined)
cookie.path = "/other"
cookie.domain = ""
cookie.secure = false
cookie.httpOnly = false
cookie.maxAge = 0
is("changed", cookie.string(), "example_name=example_value; Path=/other; SameSite=Strict")
cookie.quoted = true
is("quoted", [cookie.quoted, cookie.string()], [true, 'example_name="example_value"; Path=/other; SameSite=Strict'])
cookie.partitioned = true
is("partitioned", cookie.string(), 'example_name="example_value"; Path=/other; SameSite=Strict; Partitioned')
throws("no name", () => new Cookie({ value: "x" }).valid(), "http: invalid Cookie.Name")
is("empty", new Cookie({ value: "x" }).string(), "")
