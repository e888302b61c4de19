// expect: limit  more promise jobs than may wait
const p = Promise.resolve()
for (;;) p.then(() => 1)
