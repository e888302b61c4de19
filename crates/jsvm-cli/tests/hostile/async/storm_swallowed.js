// expect: limit  a storm that catches its own end
const f = async () => { for (;;) { try { Promise.resolve().then(f) } catch {} } }
f()
