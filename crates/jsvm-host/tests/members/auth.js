// Records that sign in.
const users = $app.findCollectionByNameOrId("users")
const user = new Record(users)
user.setEmail("a@example.com")
user.setEmailVisibility(true)
user.setVerified(true)
user.setPassword("secret-12345")
user.setTokenKey("k".repeat(40))
is("members", [user.email(), user.emailVisibility(), user.verified(), user.tokenKey()], ["a@example.com", true, true, "k".repeat(40)])
is("password", [user.validatePassword("secret-12345"), user.validatePassword("other")], [true, false])
$app.save(user)
const isToken = (it) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(it)
is("tokens", [
    user.newAuthToken(),
    user.newVerificationToken(),
    user.newPasswordResetToken(),
    user.newEmailChangeToken("b@example.com"),
    user.newFileToken(),
    user.newStaticAuthToken(0),
].map(isToken), [true, true, true, true, true, true])
const claims = $security.parseUnverifiedJWT(user.newEmailChangeToken("b@example.com"))
is("claims", [claims.id, claims.type, claims.newEmail, claims.collectionId], [user.id, "emailChange", "b@example.com", users.id])
is("kinds", [user.newVerificationToken(), user.newPasswordResetToken()].map((it) => $security.parseUnverifiedJWT(it).type), ["verification", "passwordReset"])
const before = user.tokenKey()
user.refreshTokenKey()
is("refreshed", [user.tokenKey() !== before, user.tokenKey().length], [true, 50])
const password = user.setRandomPassword()
is("random", [password.length, user.validatePassword(password)], [30, true])
user.setEmailVisibility(false)
is("hidden", user.publicExport().email, undefined)
user.ignoreEmailVisibility(true)
is("shown", user.publicExport().email, "a@example.com")
