// expect: limit  a typed array from numbers without end
Uint8Array.from((function* () { for (;;) yield 1 })())
