// expect: limit  an async function that awaits itself
const f = async () => { await f() }
f()
