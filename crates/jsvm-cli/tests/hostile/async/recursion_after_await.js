// expect: interrupt  an async function that calls itself after each wait
const f = async () => { await null; f(); f() }
f()
