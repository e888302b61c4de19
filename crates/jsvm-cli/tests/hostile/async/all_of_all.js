// expect: interrupt  Promise.all of itself for ever
const f = () => Promise.all([1, 2]).then(f)
f()
