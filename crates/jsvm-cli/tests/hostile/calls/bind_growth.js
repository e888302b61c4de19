// expect: limit  bound arguments that double
let f = (...all) => all.length
for (;;) f = f.bind(null, ...Array(1000).fill(0))
