// expect: interrupt  leaving a loop runs a finally that does not end
for (const x of (function* () { try { yield 1 } finally { for (;;); } })()) break
