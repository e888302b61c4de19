// expect: limit  a conversion that catches its own overflow
const a = { [Symbol.toPrimitive]() { for (;;) { try { return `${a}` } catch {} } } }
`${a}`
