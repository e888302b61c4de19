// Errors that become answers.
const error = new BadRequestError("what is wrong", { title: new ValidationError("code", "too short") })
is("members", [error.status, error.message], [400, "What is wrong."])
is("data", JSON.stringify(error.data), '{"title":{"code":"code","message":"Too short."}}')
is("raw", new NotFoundError("", { a: [1] }).rawData().a[0], 1)
is("is", [error.is(error), error.is(new NotFoundError())], [true, false])
is("default", new NotFoundError().message, "The requested resource wasn't found.")
is("text", new ApiError(418, "short").error(), "Short.")
is("validation", [new ValidationError("a", "b").code(), new ValidationError("a", "b").message(), new ValidationError("a", "b").error()], ["a", "b", "b"])
is("family", [new UnauthorizedError(), new TooManyRequestsError(), new InternalServerError()].map((it) => [it.status, it instanceof ApiError, it.message]), [
    [401, false, "Missing or invalid authentication."],
    [429, false, "Too Many Requests."],
    [500, false, "Something went wrong while processing your request."],
])
