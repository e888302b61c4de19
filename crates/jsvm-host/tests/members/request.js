// What a handler can ask of its request.
const request = e.request
is("lines", [request.method, request.proto, request.protoMajor, request.protoMinor, request.protoAtLeast(1, 0), request.protoAtLeast(2, 0)], ["POST", "HTTP/1.1", 1, 1, true, false])
is("headers", [request.header.get("X-One"), request.header.values("x-one"), request.header.get("none"), request.userAgent(), request.referer()], ["1", ["1"], "", "members", "http://from.example/"])
is("url", [request.url.path, request.url.rawQuery, request.url.query().get("q"), request.url.scheme, request.url.string()], ["/members", "q=a%20b", "a b", "", "/members?q=a%20b"])
is("length", request.contentLength, 7)
is("address", /^127\.0\.0\.1:\d+$/.test(request.remoteAddr), true)
request.parseForm()
is("form", [request.formValue("a"), request.postFormValue("b"), request.formValue("q")], ["1", "2", "a b"])
is("addresses", [e.remoteIP(), e.realIP(), e.isTLS()], ["127.0.0.1", "127.0.0.1", false])
is("written", [e.written(), e.status()], [false, 0])
e.setAll({ a: 1 })
is("stored", [e.get("a"), e.getAll().a], [1, 1])
for (const [make, status] of [["badRequestError", 400], ["unauthorizedError", 401], ["forbiddenError", 403], ["notFoundError", 404], ["tooManyRequestsError", 429], ["internalServerError", 500]]) {
    is(make, e[make]("no", null).status, status)
}
is("error classes", [e.badRequestError("x", null), e.forbiddenError("x", null), e.notFoundError("x", null), e.tooManyRequestsError("x", null), e.internalServerError("x", null)].map((it) => it.message), ["X.", "X.", "X.", "X.", "X."])
const model = new DynamicModel({ a: 0, b: "" })
e.bindBody(model)
is("bound", [model.a, model.b], [1, "2"])
throws("no file", () => e.findUploadedFiles("file"))
is("no multipart form", e.request.parseMultipartForm(1 << 20), undefined)
is("unauthorized", e.unauthorizedError("", null).message, "Missing or invalid authentication.")
